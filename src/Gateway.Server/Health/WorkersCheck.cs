using Gateway.Server.Workers;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>A loop that stands still is worse than one that fails: the failing one says so, and goes on trying.</summary>
internal sealed class WorkersCheck(LoopWatch watch) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var loops = watch.Snapshot();
        var still = loops.Where(l => l.IsStill).Select(Tell).ToList();
        if (still.Count > 0)
            return Task.FromResult(HealthCheckResult.Unhealthy(string.Join(' ', still)));
        var failing = loops.Where(l => l.Failing is not null).Select(l => $"{l.Name} fails: {l.Failing}").ToList();
        return Task.FromResult(failing.Count > 0 ? HealthCheckResult.Degraded(string.Join(' ', failing)) : HealthCheckResult.Healthy($"{loops.Count} loops are at work."));
    }

    private static string Tell(LoopState loop) => loop.HasBegun
        ? $"{loop.Name} has not finished a step since {loop.At:HH:mm:ss} UTC."
        : $"{loop.Name} has never begun.";
}

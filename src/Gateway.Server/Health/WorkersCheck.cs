using Gateway.Server.Workers;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>A loop that stands still is worse than one that fails: the failing one says so, and goes on trying.</summary>
internal sealed class WorkersCheck(Heartbeats heartbeats, TimeProvider time) : IHealthCheck
{
    /// <summary>Far above the longest step.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(30);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var beats = heartbeats.Snapshot();
        var oldest = time.GetUtcNow() - Stale;
        var still = beats.Where(b => b.At < oldest).Select(b => $"{b.Worker} has not finished a step since {b.At:HH:mm:ss} UTC.").ToList();
        if (still.Count > 0)
            return Task.FromResult(HealthCheckResult.Unhealthy(string.Join(' ', still)));
        var failing = beats.Where(b => b.Failing is not null).Select(b => $"{b.Worker} fails: {b.Failing}").ToList();
        return Task.FromResult(failing.Count > 0 ? HealthCheckResult.Degraded(string.Join(' ', failing)) : HealthCheckResult.Healthy($"{beats.Count} workers are at work."));
    }
}

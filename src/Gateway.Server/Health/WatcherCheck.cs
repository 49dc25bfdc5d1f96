using Gateway.Server.Watching;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>Whether the chain is followed. Where it is not, deadlines and audits go on, so the gateway is degraded: it still serves, and somebody must look.</summary>
internal sealed class WatcherCheck(StallStep stall) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        stall.Trouble is { } trouble ? HealthCheckResult.Degraded(trouble) : HealthCheckResult.Healthy("The chain is followed."));
}

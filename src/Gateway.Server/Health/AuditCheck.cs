using Gateway.Server.Evaluation;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>Whether accounts are looked at in time. Where they are not, whoever can still serve should, so the gateway is degraded.</summary>
internal sealed class AuditCheck(OverdueStep overdue) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        overdue.Trouble is { } trouble ? HealthCheckResult.Degraded(trouble) : HealthCheckResult.Healthy("Accounts are looked at in time."));
}

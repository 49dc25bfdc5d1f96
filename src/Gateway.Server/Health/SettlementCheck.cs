using Gateway.Server.Settlement;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>Whether what settlement has under way gets on. Where it does not, the gateway still answers: it is degraded.</summary>
internal sealed class SettlementCheck(InvariantsOfProgress progress) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        progress.Late is { Count: > 0 } late ? HealthCheckResult.Degraded(string.Join(' ', late)) : HealthCheckResult.Healthy("Settlement gets on."));
}

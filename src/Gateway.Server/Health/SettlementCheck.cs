using Gateway.Server.Settlement;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>Whether what settlement has under way gets on, and by the limits that were set for it. Where it does not, the gateway still answers: it is degraded.</summary>
internal sealed class SettlementCheck(InvariantsOfProgress progress, LimitsWatch limits) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        List<string> wrong = [.. progress.Late];
        if (limits.LostAt is { } at)
            wrong.Add($"Redis has forgotten the limits that were set by hand, as was found at {at:u}: set them again, or set none.");
        return Task.FromResult(wrong.Count > 0 ? HealthCheckResult.Degraded(string.Join(' ', wrong)) : HealthCheckResult.Healthy("Settlement gets on."));
    }
}

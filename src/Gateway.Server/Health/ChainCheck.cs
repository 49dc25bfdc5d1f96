using Gateway.Server.Chains;
using Gateway.Server.Resilience;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>A chain out of sight makes this replica poorer, not useless: reads, reports, directives and the leases that run need it more than ever.</summary>
internal sealed class ChainCheck(ChainDirectory directory, DependencyBreakers dependencies) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult((directory.IsVerified, dependencies.CanAskChain) switch
        {
            (false, _) => HealthCheckResult.Degraded("The chain could not be asked yet: leases are refused until it is."),
            (_, false) => HealthCheckResult.Degraded("No RPC endpoint answers: what was last verified holds until its limit."),
            _ => HealthCheckResult.Healthy("The chain answers."),
        });
}

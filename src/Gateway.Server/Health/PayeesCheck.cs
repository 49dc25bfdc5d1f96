using Gateway.Server.Payees;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>Whether it is known who may be paid. Where that is old, or not known, what runs goes on: the gateway is degraded.</summary>
internal sealed class PayeesCheck(PayeeDirectories directories) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        directories.Trouble is { } trouble ? HealthCheckResult.Degraded(trouble) : HealthCheckResult.Healthy("It is known who may be paid."));
}

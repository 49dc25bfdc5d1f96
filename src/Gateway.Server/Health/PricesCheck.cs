using Gateway.Server.Pricing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>Whether what is sold is what the file says. Where it is not, the former list holds, so the gateway is degraded: it serves, and somebody must mend the file.</summary>
internal sealed class PricesCheck(PriceLists lists) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult((lists.Current, lists.Problems) switch
    {
        (null, _) => HealthCheckResult.Healthy("No price list is configured."),
        ({ } list, { Count: > 0 } problems) => HealthCheckResult.Degraded($"The file of the price list is not used, {list.Version} stays in force: {string.Join(' ', problems)}"),
        ({ } list, _) => HealthCheckResult.Healthy($"Price list {list.Version} is in force."),
    });
}

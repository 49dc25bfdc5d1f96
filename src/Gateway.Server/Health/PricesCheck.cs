using Gateway.Server.Pricing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>Whether what is sold is what the file says, at prices that are known. Where not, what runs goes on: the gateway is degraded, and somebody must look.</summary>
internal sealed class PricesCheck(PriceBook book) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        List<string> wrong = [.. book.Usd.Troubles];
        if (book.Lists.Problems is { Count: > 0 } problems)
            wrong.Insert(0, $"The file of the price list is not used, {book.Current?.Version} stays in force: {string.Join(' ', problems)}");
        return Task.FromResult(
            wrong.Count > 0 ? HealthCheckResult.Degraded(string.Join(' ', wrong))
            : HealthCheckResult.Healthy(book.Current is { } list ? $"Price list {list.Version} is in force." : "No price list is configured."));
    }
}

using Gateway.Server.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

/// <summary>Without Redis nothing can be promised: whoever balances load should ask another replica.</summary>
internal sealed class RedisCheck(RedisConnection redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await redis.ReadAsync("PING", database => database.PingAsync(), cancellationToken);
            return HealthCheckResult.Healthy("Redis answers.");
        }
        catch (StoreUnavailableException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }
}

using Gateway.Devnet.Parts;
using Gateway.Server.Configuration;
using Gateway.Server.Health;
using Gateway.Server.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gateway.Server.Tests.Health;

public sealed class RedisCheckTests
{
    [Fact]
    public async Task Without_Redis_a_gateway_is_not_ready()
    {
        // Nobody listens there.
        var options = new OptionsWrapper<RedisOptions>(
            new RedisOptions { Connection = $"127.0.0.1:{FreePorts.Any()},connectTimeout=200,connectRetry=0", CommandTimeout = TimeSpan.FromMilliseconds(500) });
        await using var redis = new RedisConnection(options, new RedisPipelines(options, TimeProvider.System));

        var result = await new RedisCheck(redis).CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Contains("Redis", result.Description, StringComparison.Ordinal);
    }
}

using Gateway.Server.Storage;

namespace Gateway.Server.Pricing;

/// <summary>Which list each version ever meant: leases name the version that priced them, and a repricing goes by it.</summary>
internal sealed class PriceListVersions(RedisConnection redis)
{
    /// <summary>Keeps what a version means, where nothing is known of it.</summary>
    /// <returns>False where it means another list.</returns>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<bool> MeansAsync(string version, string sha256, CancellationToken cancellationToken)
    {
        if (await redis.ReadAsync("HSETNX", database => database.HashSetAsync(RedisKeys.PriceLists, version, sha256, StackExchange.Redis.When.NotExists), cancellationToken))
            return true;
        var known = await redis.ReadAsync("HGET", database => database.HashGetAsync(RedisKeys.PriceLists, version), cancellationToken);
        return string.Equals(known.ToString(), sha256, StringComparison.Ordinal);
    }
}

using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Accounts that pools pay to, as far as it was seen: what a pool pays may change by a log that does not name them.</summary>
/// <remarks>None is taken out while it is stored: few come in, and one that no pool pays any more costs a glance now and then.</remarks>
internal sealed class PooledAccounts(RedisConnection redis, ChainId chain)
{
    private readonly RedisKey _key = new WatcherKeys(chain).Pooled;

    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task AddAsync(IReadOnlyCollection<AccountKey> accounts, CancellationToken cancellationToken) => accounts.Count == 0
        ? Task.CompletedTask
        : redis.ReadAsync("SADD", database => database.SetAddAsync(_key, [.. accounts.Select(a => (RedisValue)a.ToString())]), cancellationToken);

    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<IReadOnlyList<AccountKey>> OfTokensAsync(IReadOnlyCollection<Address> superTokens, CancellationToken cancellationToken)
    {
        if (superTokens.Count == 0)
            return [];
        var members = await redis.ReadAsync("SMEMBERS", database => database.SetMembersAsync(_key), cancellationToken);
        return [.. members.Select(m => Stored.Account(m.ToString())).Where(a => superTokens.Contains(a.SuperToken))];
    }
}

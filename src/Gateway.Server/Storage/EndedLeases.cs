using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage.Documents;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Leases of an account that have ended, by when they did; and what is kept of those that were dropped.</summary>
/// <remarks>All methods throw <see cref="StoreUnavailableException"/> where Redis has no answer.</remarks>
internal sealed class EndedLeases(RedisConnection redis)
{
    /// <summary>The field of what was dropped that holds the sum over leases.</summary>
    private const string Sum = "leases";

    /// <summary>Those that ended before, the oldest first.</summary>
    public async Task<IReadOnlyList<Lease>> BeforeAsync(AccountKey account, DateTimeOffset before, int skip, int most, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.Of(account);
        var documents = await redis.ReadAsync("ZRANGEBYSCORE", ReadBothAsync, cancellationToken);
        return [.. documents.Where(d => d.HasValue).Select(d => AccountStore.ReadLease(account, d))];

        async Task<RedisValue[]> ReadBothAsync(IDatabase database)
        {
            var ids = await database.SortedSetRangeByScoreAsync(
                keys.Ended, double.NegativeInfinity, before.ToUnixTimeMilliseconds(), Exclude.Stop, Order.Ascending, skip, most);
            return ids.Length == 0 ? [] : await database.StringGetAsync([.. ids.Select(id => keys.InShard.EndedLease(LeaseId.Parse(id.ToString())))]);
        }
    }

    public async Task<DroppedLeases> DroppedAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).Dropped;
        var stored = await redis.ReadAsync("HGET", database => database.HashGetAsync(key, Sum), cancellationToken);
        return stored.HasValue ? DroppedLeasesDocument.Read(stored.ToString()) : DroppedLeases.None;
    }

    /// <summary>Drops leases, with all that is kept of each, and keeps their sum; all of it or nothing.</summary>
    /// <param name="border">End of a closed period long after they ended; null: none of them was ever on a statement.</param>
    /// <param name="former">As it was read before them.</param>
    /// <returns>False where one of them, or the sum, has changed meanwhile, or no period was closed with that end. Nothing was dropped.</returns>
    public async Task<bool> DropAsync(AccountKey account, BlockTime? border, DroppedLeases former, IReadOnlyCollection<Lease> leases, CancellationToken cancellationToken)
    {
        var (keys, shard) = (RedisKeys.Of(account), RedisKeys.Of(account).InShard);
        RedisKey[] of =
        [
            keys.Ledger, keys.ClosedAt, keys.Dropped, shard.Ended, keys.Ended, shard.Pending, shard.Log, shard.Directives, shard.Deliveries,
            .. leases.SelectMany(l => (RedisKey[])[shard.EndedLease(l.Id), shard.History(l.Id), shard.Usage(l.Id), shard.Void(l.Id)]),
        ];
        RedisValue[] arguments =
        [
            border is { } end ? Stored.Number(end.UnixSeconds) : "",
            account.ToString(),
            former.Count == 0 ? "" : DroppedLeasesDocument.Write(former),
            DroppedLeasesDocument.Write(former.With(leases, border ?? former.Until)),
            (long)LeaseClaims.BarStands.TotalSeconds,
            .. leases.SelectMany(l => (RedisValue[])[l.Id.Value, Stored.Number(l.Version)]),
        ];
        return (int)await redis.RunAsync(RedisScript.DropLeases, of, arguments, cancellationToken) == 1;
    }
}

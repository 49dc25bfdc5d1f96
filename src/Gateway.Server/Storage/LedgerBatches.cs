using Gateway.Domain.Identity;
using Gateway.Domain.Statements;
using Gateway.Server.Storage.Documents;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>A ledger that may only have to be moved on.</summary>
/// <param name="LastClosed">End of the account's last closed period; null: none was closed.</param>
internal sealed record StandingLedger(AccountKey Account, FlowLedger Ledger, BlockTime? LastClosed);

/// <summary>Flow ledgers of many accounts at once.</summary>
/// <remarks>All methods throw <see cref="StoreUnavailableException"/> where Redis has no answer.</remarks>
internal sealed class LedgerBatches(RedisConnection redis)
{
    private static readonly RedisValue[] Fields = ["json", "leases", "indexed"];

    /// <summary>Those that are stored, that the chain did not contradict, and to which no lease has come since <see cref="IndexedAsync"/>.</summary>
    public async Task<IReadOnlyList<StandingLedger>> ReadAsync(IReadOnlyList<AccountKey> accounts, CancellationToken cancellationToken)
    {
        var read = await redis.ReadAsync("HMGET", database => Task.WhenAll(accounts.Select(a => ReadAsync(a, database))), cancellationToken);
        return [.. read.OfType<StandingLedger>()];
    }

    /// <summary>How many leases the account ever had.</summary>
    public async Task<string> LeasesAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).Ledger;
        var leases = await redis.ReadAsync("HGET", database => database.HashGetAsync(key, "leases"), cancellationToken);
        return Counted(leases).ToString();
    }

    /// <summary>The payees of all of its leases are in the index, and what they were streamed is in its ledger.</summary>
    /// <param name="leases">As they were counted before they were read.</param>
    public Task IndexedAsync(AccountKey account, string leases, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).Ledger;
        return redis.ReadAsync("HSET", database => database.HashSetAsync(key, "indexed", leases), cancellationToken);
    }

    /// <summary>Moves ledgers on through a block at which nothing about them had changed, and has them come again at <paramref name="next"/>.</summary>
    /// <param name="heldUntil">As they were claimed.</param>
    public Task ContinueAsync(IReadOnlyList<StandingLedger> ledgers, BlockRef through, DateTimeOffset heldUntil, DateTimeOffset next, CancellationToken cancellationToken)
    {
        var shards = ledgers.GroupBy(l => RedisKeys.ShardOf(l.Account)).Select(shard => (
            (RedisKey[])[RedisKeys.OfShard(shard.Key).Ledgers, .. shard.Select(l => RedisKeys.Of(l.Account).Ledger)],
            (RedisValue[])[Stored.Milliseconds(heldUntil), Stored.Milliseconds(next), .. shard.SelectMany(l => Arguments(l, through))]));
        return redis.RunEachAsync(RedisScript.ContinueLedgers, shards, cancellationToken);
    }

    /// <summary>Those that a former version stored are not counted.</summary>
    private static RedisValue Counted(RedisValue leases) => leases.HasValue ? leases : "0";

    private static IEnumerable<RedisValue> Arguments(StandingLedger standing, BlockRef through) =>
    [
        standing.Account.ToString(),
        LedgerStore.At(standing.Ledger.Through!), // It was stored.
        LedgerStore.At(through),
        LedgerDocument.Write(standing.Ledger, through, mismatch: null),
    ];

    private static async Task<StandingLedger?> ReadAsync(AccountKey account, IDatabase database)
    {
        var keys = RedisKeys.Of(account);
        var fields = database.HashGetAsync(keys.Ledger, Fields);
        var closed = await database.SortedSetRangeByRankWithScoresAsync(keys.ClosedAt, 0, 0, Order.Descending);
        if (await fields is not [{ HasValue: true } json, var leases, { HasValue: true } indexed] || Counted(leases) != indexed)
            return null;
        try
        {
            var (ledger, mismatch) = LedgerDocument.Read(json.ToString());
            return mismatch is null ? new StandingLedger(account, ledger, closed.Length > 0 ? new BlockTime((ulong)closed[0].Score) : null) : null;
        }
        catch (StoredFormException)
        {
            return null; // Whoever looks at it alone says so.
        }
    }
}

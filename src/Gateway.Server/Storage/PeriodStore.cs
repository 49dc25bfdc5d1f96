using Gateway.Domain.Identity;
using Gateway.Server.Storage.Documents;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Closed periods of accounts, each written once.</summary>
/// <remarks>All methods throw <see cref="StoreUnavailableException"/> where Redis has no answer.</remarks>
internal sealed class PeriodStore(RedisConnection redis)
{
    /// <summary>The one that was closed last; null: none was.</summary>
    public Task<ClosedPeriod?> LastAsync(AccountKey account, CancellationToken cancellationToken) =>
        LastEndingByAsync(account, new BlockTime(long.MaxValue), cancellationToken);

    /// <summary>The one that was closed first; null: none was.</summary>
    public async Task<ClosedPeriod?> FirstAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).ClosedAt;
        var names = await redis.ReadAsync("ZRANGE", database => database.SortedSetRangeByRankAsync(key, 0, 0), cancellationToken);
        return names.Length == 0 ? null : await ReadAsync(account, names[0].ToString(), cancellationToken);
    }

    /// <summary>The last one that ended at that second or before; null: there is none.</summary>
    public async Task<ClosedPeriod?> LastEndingByAsync(AccountKey account, BlockTime at, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).ClosedAt;
        var names = await redis.ReadAsync(
            "ZREVRANGEBYSCORE",
            database => database.SortedSetRangeByScoreAsync(key, double.NegativeInfinity, at.UnixSeconds, Exclude.None, Order.Descending, 0, 1),
            cancellationToken);
        return names.Length == 0 ? null : await ReadAsync(account, names[0].ToString(), cancellationToken);
    }

    /// <summary>The closed period with these very borders; null: there is none.</summary>
    public async Task<ClosedPeriod?> FindAsync(AccountKey account, BlockTime from, BlockTime to, CancellationToken cancellationToken) =>
        await LastEndingByAsync(account, to, cancellationToken) is { } last && last.From == from && last.To == to ? last : null;

    /// <summary>Those that ended within a time, the oldest first.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(AccountKey account, BlockTime from, BlockTime to, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).ClosedAt;
        var names = await redis.ReadAsync("ZRANGEBYSCORE", database => database.SortedSetRangeByScoreAsync(key, from.UnixSeconds, to.UnixSeconds), cancellationToken);
        return [.. names.Select(n => n.ToString())];
    }

    public async Task<ClosedPeriod?> ReadAsync(AccountKey account, string name, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).Periods;
        var json = await redis.ReadAsync("HGET", database => database.HashGetAsync(key, name), cancellationToken);
        return json.HasValue ? PeriodDocument.Read(json.ToString()) : null;
    }

    /// <param name="after">Name of the period that was closed last; null: none was.</param>
    /// <returns>False where it, or another one, was closed meanwhile. Nothing was changed.</returns>
    public async Task<bool> CloseAsync(AccountKey account, ClosedPeriod period, string? after, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.Of(account);
        RedisValue[] arguments = [period.Name, Stored.Number(period.To.UnixSeconds), PeriodDocument.Write(period), after ?? ""];
        return (int)await redis.RunAsync(RedisScript.ClosePeriod, [keys.ClosedAt, keys.Periods], arguments, cancellationToken) == 1;
    }
}

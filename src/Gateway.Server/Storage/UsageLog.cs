using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Server.Storage.Documents;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>What a VM did and what that cost: what has left its meter, from its log, and what its meter still holds.</summary>
/// <remarks>All methods throw <see cref="StoreUnavailableException"/> where Redis has no answer.</remarks>
internal sealed class UsageLog(RedisConnection redis)
{
    /// <summary>Begins the fields of what was dropped that hold one lease's use.</summary>
    internal const string DroppedPrefix = "u:";

    /// <summary>Every interval that is kept of a lease while its VM ran or was paused, in the order of time; gaps are while it stood.</summary>
    /// <param name="lease">As it was loaded; what its meter has sealed is in the log already.</param>
    /// <param name="until">Excluded; the last interval is cut there.</param>
    public async Task<ImmutableArray<UsageInterval>> ReadAsync(Lease lease, DateTimeOffset until, CancellationToken cancellationToken) =>
    [
        .. (await ReadSealedAsync(lease, cancellationToken)).Select(i => i.Before(until)).OfType<UsageInterval>(),
        .. lease.Meter.OpenIntervals(until),
    ];

    /// <summary>Those that have left the meter, up to where it begins. Since then another change may have sealed more.</summary>
    public async Task<ImmutableArray<UsageInterval>> ReadSealedAsync(Lease lease, CancellationToken cancellationToken) =>
        [.. (await PastAsync(lease, cancellationToken)).Intervals];

    /// <summary>All that has left the meter, up to where it begins.</summary>
    public async Task<LeasePast> PastAsync(Lease lease, CancellationToken cancellationToken)
    {
        // Most leases never had so many reports that one was sealed.
        if (lease.Meter.Sealed.Until == lease.Meter.From)
            return LeasePast.Nothing;
        var (lines, stored) = await ReadBothAsync(lease, -1, cancellationToken);
        var dropped = stored.HasValue ? DroppedUseDocument.Read(stored.ToString()) : null;
        return new LeasePast(dropped, [.. RecordsOf(lease, lines).Where(r => !(r.Until <= dropped?.Until) && r.Until <= lease.Meter.Sealed.Until)]);
    }

    /// <summary>Drops the oldest records of what ended by then; what they add up to is kept.</summary>
    /// <param name="before">End of a closed period: elsewhere nothing is dropped.</param>
    /// <param name="most">1 to 1,000.</param>
    /// <returns>How many were dropped; as many as the bound: there may be more.</returns>
    public async Task<int> DropAsync(Lease lease, BlockTime before, int most, CancellationToken cancellationToken)
    {
        if (lease.Meter.Sealed.Until == lease.Meter.From)
            return 0;
        var (lines, stored) = await ReadBothAsync(lease, most - 1, cancellationToken);
        var going = RecordsOf(lease, lines).TakeWhile(r => r.Until <= before.ToDateTimeOffset()).ToList();
        if (going.Count == 0)
            return 0;
        var former = stored.HasValue ? DroppedUseDocument.Read(stored.ToString()) : UsageSum.NothingUntil(lease.Meter.From);
        var sum = going.Aggregate(former, (all, r) => all.Plus(r.Intervals, lease.Payees, r.Until));
        var (keys, shard) = (RedisKeys.Of(lease.Account), RedisKeys.Of(lease.Account).InShard);
        RedisKey[] of = [keys.Ledger, keys.ClosedAt, shard.Usage(lease.Id), keys.Dropped];
        RedisValue[] arguments =
            [Stored.Number(before.UnixSeconds), DroppedPrefix + lease.Id.Value, stored.HasValue ? stored : "", DroppedUseDocument.Write(sum), going.Count, lines[0]];
        return (int)await redis.RunAsync(RedisScript.DropUsage, of, arguments, cancellationToken) == 1 ? going.Count : 0;
    }

    /// <summary>In this order: what is dropped in between is in both, and not in neither.</summary>
    private Task<(RedisValue[] Lines, RedisValue Dropped)> ReadBothAsync(Lease lease, int last, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.Of(lease.Account);
        return redis.ReadAsync("LRANGE", BothAsync, cancellationToken);

        async Task<(RedisValue[], RedisValue)> BothAsync(IDatabase database)
        {
            var lines = database.ListRangeAsync(keys.InShard.Usage(lease.Id), 0, last);
            var dropped = database.HashGetAsync(keys.Dropped, DroppedPrefix + lease.Id.Value);
            return (await lines, await dropped);
        }
    }

    /// <summary>Of a lease that came back from the journal, what was before is not its meter's.</summary>
    private static IEnumerable<UsageRecord> RecordsOf(Lease lease, RedisValue[] lines) => lines
        .Select(l => UsageDocument.Read(l.ToString()))
        .Select(r => r.Intervals.All(i => i.From >= lease.Meter.From) ? r : r with { Intervals = [.. r.Intervals.Where(i => i.From >= lease.Meter.From)] });
}

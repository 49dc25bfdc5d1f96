using System.Collections.Immutable;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Server.Storage.Documents;

namespace Gateway.Server.Storage;

/// <summary>What a VM did and what that cost, interval by interval: those that are sealed, from their log, and those that its meter still holds.</summary>
/// <remarks>All methods throw <see cref="StoreUnavailableException"/> where Redis has no answer.</remarks>
internal sealed class UsageLog(RedisConnection redis)
{
    /// <summary>Every interval of a lease while its VM ran or was paused, in the order of time; gaps are while it stood.</summary>
    /// <param name="lease">As it was loaded; what its meter has sealed is in the log already.</param>
    /// <param name="until">Excluded; the last interval is cut there.</param>
    public async Task<ImmutableArray<UsageInterval>> ReadAsync(Lease lease, DateTimeOffset until, CancellationToken cancellationToken) =>
    [
        .. (await ReadSealedAsync(lease, cancellationToken)).Select(i => i.Before(until)).OfType<UsageInterval>(),
        .. lease.Meter.OpenIntervals(until),
    ];

    /// <summary>Those that have left the meter, up to where it begins. Since then another change may have sealed more.</summary>
    public async Task<ImmutableArray<UsageInterval>> ReadSealedAsync(Lease lease, CancellationToken cancellationToken)
    {
        // Most leases never had so many reports that one was sealed.
        if (lease.Meter.Sealed.Until == lease.Meter.From)
            return [];
        var key = RedisKeys.Of(lease.Account).InShard.Usage(lease.Id);
        var lines = await redis.ReadAsync("LRANGE", database => database.ListRangeAsync(key), cancellationToken);
        return [.. lines.SelectMany(l => UsageDocument.Read(l.ToString())).Where(i => i.From >= lease.Meter.From && i.To <= lease.Meter.Sealed.Until)];
    }
}

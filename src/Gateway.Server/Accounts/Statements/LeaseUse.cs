using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Server.Accounts.Statements;

/// <summary>A former version kept one sum of what a meter read before its present phase: a border inside that past cannot be told.</summary>
internal sealed class UseNotKeptException(LeaseId lease, DateTimeOffset from, DateTimeOffset since) : Exception(
    $"What lease {lease} used between {from:u} and {since:u} is kept as one sum. Ask for a period with no border in between.")
{
    public LeaseId Lease { get; } = lease;
}

/// <summary>What a VM used within a period, by its meter.</summary>
internal sealed record LeaseUse(Lease Lease, long RunningMilliseconds, TokenAmount Used)
{
    /// <param name="sealed">Intervals that left its meter, as <see cref="Storage.UsageLog"/> has them.</param>
    /// <param name="from">Null: since it was opened.</param>
    /// <param name="to">Null: as it reads at <paramref name="now"/>, phases that ended a moment later included to their end.</param>
    /// <param name="now">The last executed block's time: what is compared with the meter has been streamed until then.</param>
    /// <exception cref="UseNotKeptException">A border lies inside what was kept as one sum.</exception>
    public static LeaseUse Of(Lease lease, ImmutableArray<UsageInterval> @sealed, BlockTime? from, BlockTime? to, BlockTime now)
    {
        var last = to?.ToDateTimeOffset() ?? MeterTime.Later(now.ToDateTimeOffset(), lease.Meter.Since);
        var first = from?.ToDateTimeOffset() ?? lease.OpenedAt;
        var (atEnd, atStart) = (At(lease, @sealed, last), At(lease, @sealed, first));
        // Thousandths of a wei are cut off once, in the customer's favour.
        return new LeaseUse(lease, atEnd.Running - atStart.Running, (atEnd.Used - atStart.Used).FloorToWei());
    }

    private static (long Running, MilliWei Used) At(Lease lease, ImmutableArray<UsageInterval> @sealed, DateTimeOffset at)
    {
        var meter = lease.Meter;
        if (at <= lease.OpenedAt)
            return (0, MilliWei.Zero);
        if (at < meter.From)
            throw new UseNotKeptException(lease.Id, lease.OpenedAt, meter.From);
        // What the sealed sum holds beyond its intervals was before any of them.
        var later = @sealed.Where(i => i.To > at).Select(i => (Whole: i, Before: i.Before(at))).ToList();
        return (
            meter.RunningAt(at) - later.Sum(i => i.Whole.RunningMilliseconds - (i.Before?.RunningMilliseconds ?? 0)),
            later.Aggregate(meter.UsedAt(at), (sum, i) => sum - i.Whole.Used + (i.Before?.Used ?? MilliWei.Zero)));
    }
}

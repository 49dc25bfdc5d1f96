using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Server.Accounts.Statements;

/// <summary>A meter keeps one sum of what lies before its present phase: a border inside that past cannot be told.</summary>
internal sealed class UseNotKeptException(LeaseId lease, DateTimeOffset from, DateTimeOffset since) : Exception(
    $"What lease {lease} used between {from:u} and {since:u} is kept as one sum. Ask for a period with no border in between.")
{
    public LeaseId Lease { get; } = lease;
}

/// <summary>What a VM used within a period, by its meter.</summary>
internal sealed record LeaseUse(Lease Lease, long RunningMilliseconds, TokenAmount Used)
{
    /// <param name="from">Null: since it was opened.</param>
    /// <param name="to">Null: as it reads at <paramref name="now"/>, phases that ended a moment later included to their end.</param>
    /// <param name="now">The last executed block's time: what is compared with the meter has been streamed until then.</param>
    /// <exception cref="UseNotKeptException">A border lies inside the meter's past.</exception>
    public static LeaseUse Of(Lease lease, BlockTime? from, BlockTime? to, BlockTime now)
    {
        var atEnd = to is { } end ? At(lease, end.ToDateTimeOffset()) : lease.Meter.SettledAt(now.ToDateTimeOffset());
        var atStart = from is { } start ? At(lease, start.ToDateTimeOffset()) : Meter.Stopped;
        // Thousandths of a wei are cut off once, in the customer's favour.
        return new LeaseUse(lease, atEnd.RunningMilliseconds - atStart.RunningMilliseconds, (atEnd.Used - atStart.Used).FloorToWei());
    }

    private static Meter At(Lease lease, DateTimeOffset at)
    {
        if (at >= lease.Meter.Since)
            return lease.Meter.SettledAt(at);
        return at <= lease.OpenedAt ? Meter.Stopped : throw new UseNotKeptException(lease.Id, lease.OpenedAt, lease.Meter.Since);
    }
}

using System.Collections.Immutable;
using Gateway.Domain.Leases;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What was stated of meters where periods were closed. What a meter reads otherwise there by now was reported later.</summary>
/// <param name="Before">The last period that was closed before the statement begins; null: none was.</param>
/// <param name="Itself">Null: the statement is no closed period.</param>
internal sealed record StatedUse(ClosedPeriod? Before, ClosedPeriod? Itself)
{
    /// <summary>What was reported later than the period before was closed, and was before its end.</summary>
    /// <param name="from">Where the statement begins.</param>
    public PartedUse LateAtBeginning(Lease lease, LeasePast past, DateTimeOffset from) => Late(Before?.To.ToDateTimeOffset() == from ? Before : null, lease, past);

    /// <summary>What was reported later than the statement was closed, and was before its end.</summary>
    public PartedUse LateAtEnd(Lease lease, LeasePast past) => Late(Itself, lease, past);

    private static PartedUse Late(ClosedPeriod? closed, Lease lease, LeasePast past)
    {
        if (closed is null || LeaseReading.Of(lease, [.. past.Intervals], closed.To.ToDateTimeOffset()) is not { } now)
            return PartedUse.Nothing;
        // As the meter reads it, and not as the reports are added up here: what those two differ by was not reported later.
        return closed.Readings.GetValueOrDefault(lease.Id) is { } stated ? PartedUse.Of(now) - PartedUse.Of(stated)
            : StatementDrawer.IsLongEnded(lease, closed.To) ? PartedUse.Nothing
            : PartedUse.Of(now);
    }
}

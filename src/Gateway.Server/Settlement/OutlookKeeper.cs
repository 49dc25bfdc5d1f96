using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Server.Storage;

namespace Gateway.Server.Settlement;

/// <summary>Says how settlement stands: what accounts need to know to pause a VM that our own delay would leave unpaid, and to tell why.</summary>
internal sealed class OutlookKeeper(LanePorts ports, LaneMemory memory, LaneTroubles troubles)
{
    /// <summary>A transaction that has been under way for so long does not get in by itself.</summary>
    private static readonly TimeSpan LongUnderWay = TimeSpan.FromMinutes(1);

    private static readonly LaneTrouble[] Stalling =
        [LaneTrouble.SignerSilent, LaneTrouble.OutOfFunds, LaneTrouble.OverBudget, LaneTrouble.InvalidTransaction, LaneTrouble.PausedByHand];

    private SettlementOutlook? _told;
    private long _toldAt;

    /// <param name="open">Slots that stay open.</param>
    public async Task KeepAsync(LaneRound round, ImmutableArray<OpenSlot> open, CancellationToken cancellationToken)
    {
        var held = Enum.GetValues<Urgency>().Where(u =>
            u != Urgency.Unspecified && round.PriceFor(u, memory.Pace.HourlyBaseFee) is null);
        // What can wait does so for the budget, not for the price: told as what it is.
        var isStalled = round.IsOnlyUrgent || Array.Exists(Stalling, troubles.Has) || open.Any(s => ports.Now - s.At > LongUnderWay);
        var outlook = new SettlementOutlook([.. held], isStalled);
        if (_told is { } told && IsSame(told, outlook) && memory.Time.GetElapsedTime(_toldAt) < LaneOutlook.RepeatEvery)
            return;
        await ports.Lane.TellOutlookAsync(outlook, cancellationToken);
        (_told, _toldAt) = (outlook, memory.Time.GetTimestamp());
    }

    private static bool IsSame(SettlementOutlook left, SettlementOutlook right) => left.IsStalled == right.IsStalled && left.Held.SetEquals(right.Held);
}

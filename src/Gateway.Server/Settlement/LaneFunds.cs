using System.Collections.Immutable;
using Gateway.Domain.Money;

namespace Gateway.Server.Settlement;

/// <summary>Whether the operator's native coin covers the worst case of everything that may be mined.</summary>
internal sealed class LaneFunds(LanePorts ports, LaneMemory memory, LaneTroubles troubles)
{
    /// <summary>How long nothing is planned once the money for it is known to be missing.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <param name="others">Slots that stay as they are.</param>
    /// <param name="worst">Of the next transaction.</param>
    public bool Cover(LaneRound round, ImmutableArray<OpenSlot> others, Wei worst)
    {
        var needed = others.Aggregate(worst, (sum, slot) => sum + slot.WorstCase);
        if (needed <= round.Head.Balance)
        {
            troubles.Over(LaneTrouble.OutOfFunds);
            return true;
        }

        troubles.Met(LaneTrouble.OutOfFunds, $"{ports.Vehicle.Operator} has {round.Head.Balance}, the next transaction may cost {needed}");
        Wait();
        return false;
    }

    public void OverBudget(string what)
    {
        troubles.Met(LaneTrouble.OverBudget, what);
        Wait();
    }

    /// <summary>Not by what is known, only by what is assumed: what is urgent goes on.</summary>
    public void OverAssumed() => memory.OnlyUrgentUntil = ports.Now + Pause;

    private void Wait() => memory.PausedUntil = ports.Now + Pause;
}

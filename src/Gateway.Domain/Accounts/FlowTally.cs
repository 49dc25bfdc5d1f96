using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>What the chain has streamed over one flow: rate × whole seconds from one verified change to the next, equal to the chain's own integral to the wei.</summary>
/// <remarks>
/// It follows logs, and is held against what the chain itself says of the flow: its rate, and when it last changed. Where the two do not meet, a log is missing;
/// the ledger then stays behind at the last block that is certain, until somebody hands it the logs from there on.
/// </remarks>
/// <param name="Since">Where the integral begins: 0 was streamed then.</param>
/// <param name="Block">The last block up to which every change is in it.</param>
/// <param name="Through">The second up to which it is summed up; not after that block's.</param>
/// <param name="Rate">At that second, like <paramref name="LastUpdated"/>.</param>
/// <param name="Total">All that was streamed, in wei.</param>
/// <param name="Ours">The part of it that was not foreign.</param>
public sealed record FlowTally(BlockTime Since, BlockNumber Block, BlockTime Through, FlowRate Rate, BlockTime LastUpdated, TokenAmount Total, TokenAmount Ours)
{
    /// <summary>What ended leases have used of it, less what was streamed for them, or used by them, before it began. Signed.</summary>
    public MilliWei Settled { get; init; } = MilliWei.Zero;

    /// <summary>From here on it rests on a guess: logs of before are no longer to be had. Null: every second of it is certain.</summary>
    public BlockTime? EstimatedFrom { get; init; }

    public static FlowTally Begin(FlowReading reading, BlockRef block, MilliWei settled) =>
        new(block.Time, block.Number, block.Time, reading.Rate, reading.LastUpdated, TokenAmount.Zero, TokenAmount.Zero) { Settled = settled };

    /// <summary>True where every change that the account knows of is in it.</summary>
    public bool IsCurrent(Flow flow) => Block >= flow.ObservedAt;

    /// <summary>What was streamed for our leases by the second <paramref name="at"/>, if the flow goes on as it was last seen. In thousandths of a wei.</summary>
    public MilliWei OursAt(BlockTime at, FlowRate foreign) => MilliWei.Of(Ours) + MilliWei.Of(Over(Rate.MinusFloored(foreign), at));

    /// <summary>The ledger once it has taken over a block.</summary>
    /// <param name="flow">As it was before the block was taken over.</param>
    /// <param name="changes">Of this flow, in the blocks after <see cref="Block"/> up to <paramref name="block"/>.</param>
    /// <param name="reading">The flow as it is at <paramref name="block"/>.</param>
    /// <returns>Null: the changes do not account for what is read.</returns>
    internal FlowTally? Follow(Flow flow, IEnumerable<FlowChange> changes, FlowReading reading, BlockRef block)
    {
        var (at, foreign, wanted) = (this, flow.Foreign, flow.OwnDesired);
        foreach (var change in changes)
        {
            if (!change.IsTimeKnown || change.Evidence.BlockTime is not { } blockTime)
                return null;
            var time = new BlockTime(checked((ulong)blockTime.ToUnixTimeSeconds()));
            if (time < at.Through || time > block.Time)
                return null;
            var before = at.To(time, foreign);
            if (change.IsExternal)
                foreign = FlowObserving.Shift(foreign, wanted, at.Rate, change.Rate);
            at = before with { Rate = change.Rate, LastUpdated = change.Rate.IsZero ? default : time };
        }

        return at.Rate == reading.Rate && at.LastUpdated == reading.LastUpdated && block.Time >= at.Through
            ? at.To(block.Time, foreign) with { Block = block.Number }
            : null;
    }

    /// <summary>The ledger where logs will not be had any more: the flow is taken to have changed once, when the chain says that it last did, else in this block.</summary>
    internal FlowTally Guess(Flow flow, FlowReading reading, BlockRef block)
    {
        var changedAt = reading.LastUpdated > Through && reading.LastUpdated <= block.Time ? reading.LastUpdated : block.Time;
        var before = To(changedAt, flow.Foreign) with { Rate = reading.Rate, LastUpdated = reading.LastUpdated, EstimatedFrom = EstimatedFrom ?? Through };
        return before.To(block.Time, flow.Foreign) with { Block = block.Number };
    }

    private FlowTally To(BlockTime at, FlowRate foreign) => at <= Through
        ? this
        : this with { Through = at, Total = Total + Over(Rate, at), Ours = Ours + Over(Rate.MinusFloored(foreign), at) };

    private TokenAmount Over(FlowRate rate, BlockTime at) => at <= Through ? TokenAmount.Zero : rate.Over(at.UnixSeconds - Through.UnixSeconds);
}

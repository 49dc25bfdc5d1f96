using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Testing.History;

/// <summary>A change that was acknowledged: from now on the flow is wanted at this rate.</summary>
public sealed record WantedRate(FlowKey Flow, ulong Generation, FlowRate Rate);

/// <summary>A FlowUpdated of the chain.</summary>
/// <param name="By">Who called: one of the lanes, or anybody else.</param>
public sealed record ChainRate(FlowKey Flow, FlowRate Rate, Address By, BlockNumber Block, BlockTime At, uint LogIndex, Hash32 Transaction);

/// <summary>A line of a lane's log: an executed block showed the flow as it was wanted.</summary>
public sealed record VerifiedRate(FlowKey Flow, ulong Generation, BlockNumber Block);

/// <summary>What an account had at an instant, buffers included.</summary>
public sealed record ReadBalance(Address Account, BlockTime At, TokenAmount Total);

/// <summary>All that was recorded of one run, of one token.</summary>
/// <param name="Wanted">In the order in which they were acknowledged.</param>
/// <param name="Chain">Every change of the flows since there were none.</param>
/// <param name="Lanes">Keys of the gateway.</param>
/// <param name="Settled">Flows of which somebody expects that they are where they were last wanted.</param>
/// <param name="Paid">By each receipt of the lanes' transactions.</param>
/// <param name="LedgerNavax">What the gateway says that it paid.</param>
/// <param name="Balances">Two of each account that streams alone have changed in between.</param>
public sealed record RecordedHistory(
    IReadOnlyList<WantedRate> Wanted,
    IReadOnlyList<ChainRate> Chain,
    IReadOnlyList<VerifiedRate> Verified,
    IReadOnlySet<Address> Lanes,
    IReadOnlySet<FlowKey> Settled,
    IReadOnlyList<Wei> Paid,
    long? LedgerNavax,
    IReadOnlyList<ReadBalance> Balances)
{
    /// <summary>What schedulers were told and what they answered, in the order in which it was stored.</summary>
    public IReadOnlyList<Exchange> Exchanges { get; init; } = [];

    /// <summary>Everything that schedulers asked for.</summary>
    public IReadOnlyList<RecordedLease> Leases { get; init; } = [];

    /// <summary>A rescue of a buffer lowers a flow and closes it at once: only what is left at the end flows.</summary>
    internal IEnumerable<ChainRate> LastOfEachTransaction() => Chain
        .GroupBy(c => (c.Flow, c.Transaction)).Select(g => g.MaxBy(c => c.LogIndex)!) // No group is empty.
        .OrderBy(c => c.Block).ThenBy(c => c.LogIndex);
}

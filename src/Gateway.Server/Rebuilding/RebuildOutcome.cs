using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Server.Rebuilding;

/// <summary>A lease that the journal on chain brought back, now or before, and that its scheduler has not opened again.</summary>
/// <param name="IsNew">By this pass.</param>
internal sealed record RestoredLease(Lease Lease, bool IsNew);

/// <summary>A flow of ours, of which leases explain only a part.</summary>
/// <param name="Rate">As it flows now.</param>
/// <param name="Unclaimed">What we put there for leases that nobody can name; they are <paramref name="UnclaimedLeases"/>.</param>
/// <param name="Foreign">What its payer streams there beyond all that.</param>
/// <param name="IsReadable">False: our operator's last change of it carries no journal that could be read.</param>
internal sealed record UnexplainedFlow(FlowKey Flow, FlowRate Rate, FlowRate Unclaimed, uint UnclaimedLeases, FlowRate Foreign, bool IsReadable)
{
    /// <summary>Something flows by our hand that no lease explains.</summary>
    public bool IsOrphan => !Rate.IsZero && (UnclaimedLeases > 0 || !IsReadable);
}

/// <summary>What one account came to.</summary>
/// <param name="Doubtful">Leases that our operations name and that do not come back by themselves: a flow of theirs was changed by others since.</param>
internal sealed record RestoredAccount(
    ImmutableArray<RestoredLease> Leases, ImmutableArray<LeaseId> Held, ImmutableArray<LeaseId> Doubtful, ImmutableArray<UnexplainedFlow> Unexplained)
{
    /// <summary>Whether it differs from what was stored, or needs somebody's eye.</summary>
    public bool IsNews => !Held.IsEmpty || !Doubtful.IsEmpty || Leases.Any(l => l.IsNew);
}

/// <summary>An account with operations of ours that is not restored.</summary>
/// <param name="IsUnreadable">What is stored of it cannot be read: asking again does not help before somebody mends it.</param>
internal sealed record FailedAccount(AccountKey Account, string Why, bool IsUnreadable)
{
    /// <summary>It failed again and again while others did not: whatever it is, asking again does not help before somebody finds out.</summary>
    public bool IsGivenUp { get; init; }
}

/// <summary>What reading the journal on chain came to.</summary>
internal sealed record RebuildOutcome(
    BlockNumber From, BlockNumber Through, int Flows, ImmutableArray<RestoredAccount> Accounts, ImmutableArray<FailedAccount> Failed)
{
    /// <summary>The time of one call was over first: the next one goes on.</summary>
    public bool HasMore { get; init; }

    /// <summary>Whether everything that can be restored is: one that never can must not keep all others waiting for ever.</summary>
    public bool IsWhole => !HasMore && Failed.All(f => f.IsUnreadable || f.IsGivenUp);

    public IEnumerable<RestoredLease> Leases => Accounts.SelectMany(a => a.Leases);

    public IEnumerable<LeaseId> Held => Accounts.SelectMany(a => a.Held);

    public IEnumerable<LeaseId> Doubtful => Accounts.SelectMany(a => a.Doubtful);

    public IEnumerable<UnexplainedFlow> Unexplained => Accounts.SelectMany(a => a.Unexplained);
}

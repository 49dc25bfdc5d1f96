using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>What can be read of an account without reading its flows one by one, and what changes with every one of them: enough to see that nothing has.</summary>
/// <param name="LastChanged">When any of its flows, in or out, last changed. A change that leaves balance, deposit and net rate alike still moves this.</param>
public sealed record AccountGlance(
    BlockNumber Block, BlockTime At, TokenAmount AvailableBalance, TokenAmount BufferDeposit, NetFlowRate NetFlowRate, BlockTime LastChanged, OperatorGrant Grant)
{
    /// <summary>True where the later glance shows what this one predicts: every number the same, and the balance moved on along the net rate.</summary>
    public bool IsContinuedBy(AccountGlance later) =>
        later.At >= At
        && later.Block >= Block
        && later.BufferDeposit == BufferDeposit
        && later.NetFlowRate == NetFlowRate
        && later.LastChanged == LastChanged
        && later.Grant == Grant
        && later.AvailableBalance == Solvency.BalanceAfter(AvailableBalance, NetFlowRate, later.At.UnixSeconds - At.UnixSeconds);
}

/// <summary>An account about which nothing is in doubt: until <paramref name="FullLookAt"/> a glance does for a look.</summary>
/// <param name="Seen">As it was last verified.</param>
/// <param name="FullLookAt">When something is due that a glance cannot answer: a margin is reached, or it is time to read every flow again.</param>
public sealed record QuietAccount(AccountGlance Seen, DateTimeOffset FullLookAt)
{
    /// <summary>Looks of the audit after which one reads every flow again, whatever the glances showed: by default once an hour.</summary>
    /// <remarks>Nothing is known that a glance would miss. This is for what is not known.</remarks>
    public const int FullLookEvery = 60;

    /// <summary>Null: something is under way, in doubt or due, so that only a full look will do.</summary>
    /// <param name="audit">Longest time between two looks.</param>
    public static QuietAccount? Of(AccountBook book, AccountPolicy policy, TimeSpan audit, DateTimeOffset now)
    {
        // A flow that changed in the very second of the block in which it was read could change again unseen: the record of it counts seconds.
        if (book.Account.Health is not { } health || health.LastChanged == default || health.LastChanged >= health.FlowsReadAt || !IsQuiet(book, health))
            return null;
        var rarely = audit * FullLookEvery;
        var latest = health.FlowsReadAt.ToDateTimeOffset() + rarely;
        var due = AccountDeadline.Next(book, policy, rarely, now) is { } next && next < latest ? next : latest;
        if (due <= now + audit)
            return null;
        var seen = new AccountGlance(
            health.Block, health.At, health.AvailableBalance, health.BufferDeposit, health.NetFlowRate, health.LastChanged, health.Grant);
        return new QuietAccount(seen, due);
    }

    private static bool IsQuiet(AccountBook book, AccountHealth health) =>
        !book.Account.HasUnclaimed
        && book.Account.Flows.Values.All(f => f.Desired == f.Observed.Rate && f.Ledger?.IsCurrent(f) == true)
        && book.Leases.Values.All(l => IsSettled(l) && !RecoversUnseen(l, health));

    private static bool IsSettled(Lease lease) =>
        lease.State is LeaseState.Active or LeaseState.Paused
        && lease is { UnsettledSince: null, IsUnclaimed: false, Breaker.Strikes: 0 }
        && lease.Breaker.State is BreakerState.Closed or BreakerState.Open or BreakerState.Isolated;

    /// <summary>Where money flows in, a paused lease may be paid again by the mere passing of time; one that we paused for our own sake, by something that is not the account's.</summary>
    private static bool RecoversUnseen(Lease lease, AccountHealth health) =>
        lease.Breaker.State == BreakerState.Open
        && (health.NetFlowRate.WeiPerSecond > 0 || lease.Breaker.Reason == Reason.ChainUnreachable || SettlementOutlook.IsCauseOf(lease.Breaker.Reason));
}

using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;

namespace Gateway.Domain.Accounts;

/// <summary>A change of a running lease. What is null stays as it is.</summary>
/// <param name="EffectiveAt">From when on the meter counts the new price.</param>
public sealed record LeaseChange(FlowRate? Rate, int? Priority, FlowRate? PausedRate, DateTimeOffset EffectiveAt, string? TraceParent)
{
    /// <summary>Where the new <see cref="Rate"/> comes from; null: it was named. Without a new rate it stays what it is.</summary>
    public LeasePricing? Pricing { get; init; }
}

/// <summary>What the scheduler did with a VM, and since when.</summary>
/// <param name="At">By our clock: what has not come yet when it is told is taken as now.</param>
public sealed record ExecutionReport(Execution Execution, DateTimeOffset At, string? DirectiveId)
{
    /// <summary>The instant as it was told. The order of reports goes by it, and a repetition is known by it.</summary>
    public DateTimeOffset Told { get; init; } = At;

    public MeterPhase Phase => Execution switch
    {
        Execution.Run => MeterPhase.Running,
        Execution.Pause => MeterPhase.Paused,
        Execution.Terminate or Execution.Wait or Execution.Unspecified => MeterPhase.Stopped,
    };

    /// <summary>By how much the scheduler's clock is seen to be ahead of ours. 0: it may be, and it does not show.</summary>
    public TimeSpan Ahead => Told > At ? Told - At : TimeSpan.Zero;
}

/// <summary>Settlement could not bring the flows to these payees where they should be: the chain would refuse it.</summary>
/// <param name="Detail">The decoded error and its numbers, for people.</param>
public sealed record SettlementRefusal(ImmutableArray<Address> Payees, Reason Reason, string Detail);

/// <summary>Who changed a flow, as the logs of one transaction show it (superfluid.md §2.4).</summary>
public enum ChangeCause
{
    /// <summary>The rate differs and no log explains it: one node may be wrong.</summary>
    Unknown = 0,
    ByUs = 1,
    ByPayer = 2,
    ByPayee = 3,
    Liquidated = 4,
    ByOther = 5,
}

/// <summary>One change of one flow, oldest first when several are given.</summary>
/// <param name="Reason">The reason that a lease shows when this change left it unpaid.</param>
public sealed record FlowChange(Address Payee, FlowRate Rate, ChangeCause Cause, Reason Reason, Evidence Evidence)
{
    public bool IsExternal => Cause != ChangeCause.ByUs;

    /// <summary>False: the node that had the log did not have its block, and the time in the evidence is a later one.</summary>
    public bool IsTimeKnown { get; init; } = true;
}

/// <summary>What one look says about one lease.</summary>
public enum LeaseHealth
{
    /// <summary>Nothing to be said by this look: the breaker is left alone.</summary>
    Unknown = 0,
    Good = 1,

    /// <summary>May be probed: what opened the breaker is gone.</summary>
    Recoverable = 2,
    Bad = 3,
}

/// <param name="IsCertain">An executed block shows it, or a prediction is inside the margin: the breaker opens at once.</param>
/// <param name="UnpaidFrom">From then on the VM runs unpaid.</param>
/// <param name="Uncovered">Payees whose flow no longer carries this lease.</param>
public sealed record LeaseVerdict(
    LeaseId Lease, LeaseHealth Health, bool IsCertain, Reason Reason, DateTimeOffset? UnpaidFrom, Evidence? Evidence, ImmutableHashSet<Address> Uncovered)
{
    public static LeaseVerdict Of(LeaseId lease, LeaseHealth health) =>
        new(lease, health, IsCertain: true, Reason.Unspecified, UnpaidFrom: null, Evidence: null, []);
}

/// <summary>The breaker of a lease has moved; Polly said when, this says what follows.</summary>
public sealed record BreakerMove(
    BreakerState To, Reason Reason, DateTimeOffset? ProbeAt, DateTimeOffset? UnpaidFrom, Evidence? Evidence, ImmutableHashSet<Address> Uncovered)
{
    public static BreakerMove Plain(BreakerState to, Reason reason) => new(to, reason, ProbeAt: null, UnpaidFrom: null, Evidence: null, []);
}

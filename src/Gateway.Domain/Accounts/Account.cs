using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>One of the payer's flows as an executed block showed it.</summary>
/// <param name="LastUpdated">The chain's own version of the flow: a flow deleted and made anew has another one. 0: no flow.</param>
public sealed record FlowReading(FlowRate Rate, BlockTime LastUpdated, TokenAmount Deposit)
{
    public static readonly FlowReading None = new(FlowRate.Zero, default, TokenAmount.Zero);
}

/// <summary>The flow (token, payer, payee): the sum of the legs of all leases that share it, and what is not ours.</summary>
/// <param name="Desired">foreign + Σ wanted legs, as its correction has it.</param>
/// <param name="Generation">Rises with every change of <paramref name="Desired"/>.</param>
/// <param name="Foreign">What the payer pays there beyond our leases: kept, and counted apart.</param>
/// <param name="Observed">The last reading, and the block it was read at.</param>
public sealed record Flow(Address Payee, FlowRate Desired, ulong Generation, FlowRate Foreign, FlowReading Observed, BlockNumber ObservedAt)
{
    /// <summary>The part of <see cref="Foreign"/> that we put there ourselves, for leases that a lost store can no longer name.</summary>
    public UnclaimedRate Unclaimed { get; init; } = UnclaimedRate.None;

    /// <summary>What the chain has streamed over it. Null: nothing was seen of it since this is counted, or a lost store brought it back; the next look begins.</summary>
    public FlowTally? Ledger { get; init; }

    /// <summary>How it is wanted otherwise than its leases say, for the sake of its drift.</summary>
    public FlowCorrection Correction { get; init; } = FlowCorrection.None;

    /// <summary>What it carries of its leases, as last seen: what our own trim takes from it is not missing.</summary>
    internal FlowRate Carrying => Observed.Rate + Correction.Lacking;

    /// <summary>The part of <see cref="Desired"/> that is ours.</summary>
    internal FlowRate OwnDesired => Desired.MinusFloored(Foreign);
}

/// <summary>What the payer has granted our operator (superfluid.md §3). Each of the bits is modelled by itself.</summary>
/// <param name="Allowance">Wei per second that may still be added; <see cref="FlowRate.Max"/> means unlimited. Never refunded by the protocol.</param>
public sealed record OperatorGrant(bool CanCreate, bool CanUpdate, bool CanDelete, FlowRate Allowance)
{
    public static readonly OperatorGrant None = new(CanCreate: false, CanUpdate: false, CanDelete: false, FlowRate.Zero);

    public static readonly OperatorGrant Unlimited = new(CanCreate: true, CanUpdate: true, CanDelete: true, FlowRate.Max);

    public bool IsUnlimited => Allowance == FlowRate.Max;
}

/// <summary>The governance parameters of one token that the arithmetic needs. Read from chain, never hard-coded.</summary>
public sealed record TokenParameters(ulong LiquidationPeriodSeconds, ulong PatricianPeriodSeconds, TokenAmount MinimumDeposit);

/// <summary>One account as one executed block showed it.</summary>
/// <param name="At">The instant for which the balance was asked: the later of the block's time and the wall clock.</param>
public sealed record AccountObservation(
    BlockRef Block,
    BlockTime At,
    TokenAmount AvailableBalance,
    TokenAmount BufferDeposit,
    NetFlowRate NetFlowRate,
    OperatorGrant Grant,
    ImmutableDictionary<Address, FlowReading> Flows,
    TokenParameters Parameters)
{
    /// <summary>When any flow of this payer's, in or out, last changed, by the agreement's own record. 0: not read.</summary>
    public BlockTime LastChanged { get; init; }

    /// <summary>The part of the net rate that comes from pools, or goes to them.</summary>
    public NetFlowRate Distributions { get; init; }

    public FlowReading FlowTo(Address payee) => Flows.GetValueOrDefault(payee, FlowReading.None);
}

/// <summary>The stored account: what is wanted of its flows, and what was last verified.</summary>
public sealed record Account
{
    public required AccountKey Key { get; init; }

    public ImmutableDictionary<Address, Flow> Flows { get; init; } = ImmutableDictionary<Address, Flow>.Empty;

    /// <summary>The last verified look, or null before the first one.</summary>
    public AccountHealth? Health { get; init; }

    /// <summary>What its payer was warned of and has not mended yet.</summary>
    public AccountWarnings Warnings { get; init; } = AccountWarnings.None;

    /// <summary>What remains of flows that are gone.</summary>
    public CarriedRemainder Carried { get; init; } = CarriedRemainder.None;

    public ulong Version { get; init; }

    /// <summary>The same, verified by a later glance that saw nothing else: every flow is as it was read, up to that block.</summary>
    public Account VerifiedBy(AccountGlance glance) => this with
    {
        Health = Health?.VerifiedBy(glance),
        Flows = Flows.ToImmutableDictionary(f => f.Key, f => f.Value.ObservedAt < glance.Block ? VerifiedBy(f.Value, glance) : f.Value),
    };

    private static Flow VerifiedBy(Flow flow, AccountGlance glance) => flow with
    {
        ObservedAt = glance.Block,
        Ledger = flow.Ledger is { } ledger && ledger.IsCurrent(flow) ? ledger with { Block = glance.Block } : flow.Ledger,
    };

    /// <summary>Something flows by our hand for leases that nobody can name until they are opened again.</summary>
    public bool HasUnclaimed => Flows.Values.Any(f => f.Unclaimed.Leases > 0);
}

/// <summary>The account's solvency as last verified.</summary>
/// <param name="CriticalAt">First second with a balance below zero; null: never, at the present net rate.</param>
public sealed record AccountHealth(
    BlockNumber Block, BlockTime At, TokenAmount AvailableBalance, TokenAmount BufferDeposit, NetFlowRate NetFlowRate, BlockTime? CriticalAt, OperatorGrant Grant)
{
    /// <summary>As <see cref="AccountObservation.LastChanged"/> was. 0: not known.</summary>
    public BlockTime LastChanged { get; init; }

    /// <summary>Time of the block at which every flow was read one by one; later looks may have been glances. 0: not known.</summary>
    public BlockTime FlowsReadAt { get; init; }

    /// <summary>The same, verified by a later glance that saw nothing else.</summary>
    public AccountHealth VerifiedBy(AccountGlance glance) =>
        this with { Block = glance.Block, At = glance.At, AvailableBalance = glance.AvailableBalance };
}

/// <summary>An account with its leases that have not ended: what must change together.</summary>
public sealed record AccountBook(Account Account, ImmutableSortedDictionary<LeaseId, Lease> Leases)
{
    public static AccountBook Empty(AccountKey key) => new(new Account { Key = key }, ImmutableSortedDictionary<LeaseId, Lease>.Empty);

    /// <summary>Everybody whose flow a decision about this account depends on.</summary>
    public ImmutableHashSet<Address> Payees => [.. Leases.Values.SelectMany(l => l.Payees).Select(p => p.Address), .. Account.Flows.Keys];

    /// <summary>What the leases want of the flow to a payee, all together.</summary>
    public FlowRate LegsOf(Address payee) => Leases.Values.Aggregate(FlowRate.Zero, (sum, lease) => sum + lease.WantedFor(payee));

    public AccountBook With(Lease lease) => this with { Leases = Leases.SetItem(lease.Id, lease) };
}

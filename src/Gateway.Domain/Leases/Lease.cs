using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;

namespace Gateway.Domain.Leases;

/// <summary>Who gets a part of a lease. The first payee of a lease owns the integer remainder.</summary>
public sealed record Payee(Address Address, SharePpm Share, string Role);

/// <summary>What somebody saw, where. Carried on directives, leases and history so that a pause can be explained.</summary>
public sealed record Evidence(BlockNumber? Block, DateTimeOffset? BlockTime, Hash32? TransactionHash, string Detail)
{
    /// <summary>Where a flow ended: what of its buffer the payer lost by that, 0 where it came back to him. Null: no flow ended.</summary>
    public TokenAmount? BufferLost { get; init; }
}

/// <summary>The stored breaker of one lease.</summary>
/// <param name="ProbeAt">Open: from when on a probe may be made. Polly makes none by itself, so this is a deadline of ours.</param>
/// <param name="Strikes">Bad looks in a row that were not certain enough to open it.</param>
public sealed record LeaseBreaker(BreakerState State, Reason Reason, DateTimeOffset ChangedAt, DateTimeOffset? ProbeAt, int Strikes)
{
    public static LeaseBreaker ClosedAt(DateTimeOffset at) => new(BreakerState.Closed, Reason.Unspecified, at, ProbeAt: null, Strikes: 0);

    /// <summary>Open or held open: the VM must not run.</summary>
    public bool IsOpen => State is BreakerState.Open or BreakerState.Isolated;
}

/// <summary>A transaction that changed one of the lease's flows.</summary>
/// <param name="Kind">"open", "update", "close" or "external", as on the wire.</param>
public sealed record LeaseTransaction(Hash32 Hash, string Kind, BlockNumber Block, DateTimeOffset BlockTime)
{
    /// <summary>As in <see cref="Evidence.BufferLost"/>, of the whole flow and not of this lease alone.</summary>
    public TokenAmount? BufferLost { get; init; }
}

/// <summary>The payment of one VM.</summary>
/// <remarks>
/// Three rates, never mixed: <see cref="Rate"/> is the price that is wanted, <see cref="PaidRate"/> the price that the chain must be seen to pay
/// for the VM to run (the former one until a raise is verified), <see cref="PausedRate"/> what a paused VM still costs.
/// </remarks>
public sealed record Lease
{
    /// <summary>How many transactions a lease remembers.</summary>
    public const int MaxTransactions = 8;

    private readonly Meter? _meter;

    public required LeaseId Id { get; init; }

    public required string VmId { get; init; }

    public required AccountKey Account { get; init; }

    public required FlowRate Rate { get; init; }

    public FlowRate PaidRate { get; init; }

    public FlowRate PausedRate { get; init; }

    /// <summary>Which list priced it, and what; null: its price was named.</summary>
    public LeasePricing? Pricing { get; init; }

    public required ImmutableArray<Payee> Payees { get; init; }

    /// <summary>Payees whose flow somebody else closed or lowered under this lease: we do not raise those again by ourselves.</summary>
    public ImmutableHashSet<Address> Withheld { get; init; } = [];

    public int Priority { get; init; }

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public required LeaseState State { get; init; }

    public required LeaseBreaker Breaker { get; init; }

    public required Execution Execution { get; init; }

    public Reason Reason { get; init; }

    public required DateTimeOffset OpenedAt { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Its store was lost, and the journal on chain brought it back at this instant: its meter counts from here. Null: nothing was ever lost of it.</summary>
    public DateTimeOffset? RestoredAt { get; init; }

    /// <summary>Brought back, and not opened again by its scheduler yet: what the chain does not know of it stands at defaults.</summary>
    public bool IsUnclaimed => RestoredAt is not null && Fingerprint.Length == 0;

    /// <summary>A run directive went out and no stop has been reported since: the VM may be running, and the node is owed its price.</summary>
    public bool MayRun { get; init; }

    /// <summary>What it costs while paused is closed: its account neared its critical second (<see cref="Accounts.AccountPolicy.CloseMargin"/>).</summary>
    public bool IsCutOff { get; init; }

    /// <summary>How much of the time that it may be paused is spent.</summary>
    public GraceClock Grace { get; init; } = GraceClock.Untouched;

    /// <summary>What its VM used. Where nothing was ever metered it begins when the lease was opened, at its price.</summary>
    public Meter Meter
    {
        get => _meter ?? Meter.Opened(OpenedAt, new MeterPrice(Rate, PausedRate, IsCutOff));
        init => _meter = value;
    }

    /// <summary>The first look that showed the present price not paid yet, while its VM runs at it. Null: it is paid, or does not run.</summary>
    public DateTimeOffset? UnsettledSince { get; init; }

    /// <summary>Of the newest execution report: one that is older came late, or again, and says nothing new. Null: none has come.</summary>
    public DateTimeOffset? ReportedAt { get; init; }

    public ImmutableArray<LeaseTransaction> Transactions { get; init; } = [];

    /// <summary>Digest of the request that opened it: tells a repetition from a conflict.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>W3C trace context of the request behind the present intent; settlement continues it.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Rises by one with every stored change.</summary>
    public ulong Version { get; init; }

    /// <summary>Closed or rejected: nothing is paid for it and nothing will be.</summary>
    public bool IsEnded => State is LeaseState.Closed or LeaseState.Rejected;

    /// <summary>What this lease wants the chain to pay now, all legs together.</summary>
    public FlowRate WantedRate => State switch
    {
        LeaseState.Opening or LeaseState.Active or LeaseState.Updating => Rate,
        LeaseState.Paused => Breaker.State == BreakerState.HalfOpen || (MayRun && !IsCutOff) ? Rate : StoppedRate,
        LeaseState.Closing or LeaseState.Closed or LeaseState.Rejected => FlowRate.Zero,
        LeaseState.Unspecified => FlowRate.Zero,
    };

    /// <summary>What is paid for it while its VM stands.</summary>
    public FlowRate StoppedRate => IsCutOff ? FlowRate.Zero : PausedRate;

    /// <summary>What must be on chain for the lease not to be disrupted.</summary>
    public FlowRate RequiredRate => State switch
    {
        LeaseState.Active or LeaseState.Updating => PaidRate,
        LeaseState.Unspecified or LeaseState.Opening or LeaseState.Paused or LeaseState.Closing or LeaseState.Closed or LeaseState.Rejected => FlowRate.Zero,
    };

    /// <summary>This lease's part of the flow to <paramref name="payee"/> as settlement should make it; a withheld leg wants nothing.</summary>
    public FlowRate WantedFor(Address payee) => Withheld.Contains(payee) ? FlowRate.Zero : PartOf(WantedRate, payee);

    public FlowRate RequiredFor(Address payee) => PartOf(RequiredRate, payee);

    /// <summary>
    /// What nobody else may take for his own: what is required, and what a VM uses of which nothing is required any more. It was told to pause and has not been reported to
    /// have stopped, or a change of ours has taken its flow (<see cref="Accounts.OwnUndoing"/>).
    /// </summary>
    public FlowRate OwedFor(Address payee) => MayRun && RequiredRate.IsZero ? WantedFor(payee) : RequiredFor(payee);

    /// <summary>The leg of a price that goes to one payee.</summary>
    public FlowRate PartOf(FlowRate total, Address payee)
    {
        var legs = Legs.Split(total, Payees);
        var part = FlowRate.Zero;
        for (var i = 0; i < Payees.Length; i++)
        {
            if (Payees[i].Address == payee)
                part += legs[i];
        }

        return part;
    }

    /// <summary>One payee's part of what its VM used until <paramref name="at"/>, in the legs of the price of each millisecond.</summary>
    public MilliWei UsedFor(Address payee, DateTimeOffset at) => Meter.UsedFor(payee, Payees, at);

    public bool Pays(Address payee) => Payees.Any(p => p.Address == payee);

    /// <summary>One transaction is remembered once, as what it was when it was first seen.</summary>
    public Lease WithTransaction(LeaseTransaction transaction) => Transactions.Any(t => t.Hash == transaction.Hash)
        ? this
        : this with { Transactions = [.. Transactions.Append(transaction).TakeLast(MaxTransactions)] };
}

using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>What an account's shard asks of the lane: bring this flow to this rate.</summary>
/// <param name="TraceParent">W3C context of the request behind it.</param>
internal sealed record FlowMark(FlowKey Flow, FlowRate Desired, ulong Generation, Urgency Urgency, string? TraceParent);

/// <summary>A flow that is due: marked, not under way, not in back-off.</summary>
/// <param name="TraceParents">Contexts of the requests since it was last settled, oldest first.</param>
/// <param name="MarkedAt">When the oldest change that is not settled yet was marked.</param>
/// <param name="ObservedBlock">The block of the last reading; nothing older may be acted on. Null: never read.</param>
/// <param name="Fails">Fruitless tries of this generation.</param>
/// <param name="Observed">What that reading showed.</param>
internal sealed record LaneFlow(
    FlowKey Flow,
    FlowRate Desired,
    ulong Generation,
    Urgency Urgency,
    ImmutableArray<string> TraceParents,
    DateTimeOffset MarkedAt,
    BlockNumber? ObservedBlock,
    int Fails,
    LaneReading? Observed = null)
{
    public FlowIntent ToIntent() => new(Flow, Desired, Generation, Urgency);

    public SlotFlow ToSlotFlow() => new(Flow, Desired, Generation, Urgency, MarkedAt, Fails);
}

/// <summary>A flow as the lane last saw it. The time of the last update is the chain's version of the flow.</summary>
internal sealed record LaneReading(FlowRate Rate, BlockTime LastUpdated);

/// <summary>A flow that a slot has locked.</summary>
internal sealed record SlotFlow(FlowKey Flow, FlowRate Desired, ulong Generation, Urgency Urgency, DateTimeOffset MarkedAt, int Fails);

/// <summary>What a slot is for, written down when it is reserved.</summary>
/// <param name="Contexts">Distinct W3C contexts of the requests that it settles, the most urgent first.</param>
internal sealed record SlotPlan(ImmutableArray<SlotFlow> Flows, ImmutableArray<string> Contexts)
{
    /// <summary>Contexts kept per slot: each becomes a span when the slot is verified.</summary>
    public const int MaxContexts = 256;

    /// <summary>One without flows only uses its nonce up, before what is forgotten at it is executed: the sooner the better.</summary>
    public Urgency Urgency => Flows.IsEmpty ? Urgency.StopLoss : Flows.Min(f => f.Urgency);
}

/// <summary>Why an attempt was made. Names are stored and are tags of metrics.</summary>
internal enum AttemptKind
{
    Unspecified = 0,
    First = 1,

    /// <summary>The same content, dearer.</summary>
    Bump = 2,

    /// <summary>Nothing but the nonce: no node would ever take the bytes before it.</summary>
    Cancel = 3,

    /// <summary>Other content at the same nonce: urgent work that must not wait behind it.</summary>
    Amend = 4,
}

/// <summary>One signed transaction.</summary>
/// <param name="Raw">As it goes over the wire; stored before it does.</param>
internal sealed record SignedBatch(Hash32 Hash, ReadOnlyMemory<byte> Raw, FeeOffer Fee, ulong GasLimit)
{
    /// <summary>The most that it can cost, in native wei.</summary>
    public Wei WorstCase => Fee.MaxFeePerGas * GasLimit;
}

/// <summary>A signed transaction that is written down.</summary>
/// <param name="TraceParent">Of its span, so that the verification can point there, also after a restart.</param>
internal sealed record SlotAttempt(SignedBatch Batch, AttemptKind Kind, DateTimeOffset At, string? TraceParent);

/// <summary>A nonce in use, with every attempt ever made at it, oldest first.</summary>
internal sealed record OpenSlot(Nonce Nonce, DateTimeOffset At, SlotPlan Plan, ImmutableArray<SlotAttempt> Attempts)
{
    public SlotAttempt? Newest => Attempts.IsEmpty ? null : Attempts[^1];

    /// <summary>The dearest of its attempts: only one of them can be paid.</summary>
    public Wei WorstCase => Attempts.Aggregate(Wei.Zero, (worst, attempt) => Wei.Larger(worst, attempt.Batch.WorstCase));
}

/// <summary>How a nonce was consumed. Names are stored and are tags of metrics.</summary>
internal enum SlotOutcome
{
    Unspecified = 0,
    Own = 1,
    Reverted = 2,

    /// <summary>By a transaction of which we know nothing: an alarm, but its end state was read like any other.</summary>
    Foreign = 3,
}

/// <summary>The end of a slot, as it is written down.</summary>
/// <param name="Block">The block of the end state: at or after the inclusion.</param>
/// <param name="Readings">Of each locked flow, in the plan's order.</param>
/// <param name="PaidNavax">Really paid, rounded up; null where it is not known.</param>
internal sealed record SlotEnd(SlotOutcome Outcome, BlockRef Block, ImmutableArray<FlowReading> Readings, long? PaidNavax);

/// <summary>One operation with the journal entry that goes on chain beside it.</summary>
internal sealed record BatchOperation(FlowOperation Operation, ReadOnlyMemory<byte> UserData);

/// <summary>Whose fault a refused operation is (superfluid.md §3.6).</summary>
internal enum FailureOwner
{
    Unspecified = 0,

    /// <summary>Balance, permission, allowance.</summary>
    Customer = 1,

    /// <summary>The payee's contract refuses.</summary>
    Payee = 2,

    /// <summary>The chain moved between the reading and the simulation: read again.</summary>
    Transient = 3,

    /// <summary>A bug or a wrong configuration.</summary>
    Ours = 4,
}

/// <summary>The chain would refuse it.</summary>
/// <param name="Reason">As a lease shows it; only where the customer or the payee is at fault.</param>
/// <param name="Detail">Name of the error, for people.</param>
internal sealed record SimulationFailure(FailureOwner Owner, Reason Reason, string Detail);

/// <summary>What became of handing over signed bytes, over all endpoints together.</summary>
internal enum Broadcast
{
    /// <summary>Nothing is known: it may be in a pool. The same bytes are sent again.</summary>
    Unknown = 0,
    Accepted = 1,

    /// <summary>Nonce too low: consumed, or about to be seen so.</summary>
    Consumed = 2,

    /// <summary>A pool holds a dearer transaction of this nonce.</summary>
    Outbid = 3,

    /// <summary>The pools count too little native coin.</summary>
    OutOfFunds = 4,

    /// <summary>No node would ever take these bytes.</summary>
    Invalid = 5,

    /// <summary>Refused for another reason, which may pass.</summary>
    Refused = 6,
}

/// <param name="Detail">The nodes' words; empty where accepted.</param>
internal sealed record BroadcastResult(Broadcast Kind, string Detail);

/// <summary>One executed block with what of our key is of interest at it.</summary>
/// <param name="Consumed">How many transactions of the operator are consumed: the next free nonce.</param>
/// <param name="Balance">The operator's native coin.</param>
internal sealed record LaneHead(BlockRef Block, Wei BaseFee, ulong GasLimit, Nonce Consumed, Wei Balance);

/// <param name="Price">Per gas, as charged.</param>
internal sealed record LaneReceipt(Hash32 Hash, BlockRef Block, bool Succeeded, ulong GasUsed, Wei Price)
{
    public Wei Paid => Price * GasUsed;
}

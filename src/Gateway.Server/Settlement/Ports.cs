using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>The chain as one lane sees it. Every reading names its block.</summary>
/// <remarks>All methods throw <c>ChainException</c> where no endpoint has a usable answer, except <see cref="SendAsync"/>.</remarks>
internal interface ILaneChain : ILanePast
{
    /// <summary>The newest executed block.</summary>
    Task<LaneHead> HeadAsync(CancellationToken cancellationToken);

    /// <summary>The operator's consumed nonces at one block.</summary>
    Task<Nonce> ConsumedAtAsync(BlockNumber block, CancellationToken cancellationToken);

    /// <summary>The operator's consumed nonces as each endpoint that answers has them, at its own head.</summary>
    Task<IReadOnlyList<Nonce>> ConsumedPerEndpointAsync(CancellationToken cancellationToken);

    /// <summary>Null: every endpoint that could be asked has none. That proves nothing by itself.</summary>
    Task<LaneReceipt?> ReceiptAsync(Hash32 hash, CancellationToken cancellationToken);

    /// <summary>One account with its flows to <paramref name="payees"/>, at one block.</summary>
    Task<AccountObservation> LookAsync(AccountKey account, IReadOnlyCollection<Address> payees, BlockRef block, CancellationToken cancellationToken);

    /// <summary>Flows at one block, in the order asked.</summary>
    Task<ImmutableArray<FlowReading>> ReadFlowsAsync(IReadOnlyList<FlowKey> flows, BlockNumber block, CancellationToken cancellationToken);

    /// <summary>Hands signed bytes to every endpoint. Endpoints' faults are an outcome, never an exception.</summary>
    Task<BroadcastResult> SendAsync(SignedBatch batch, CancellationToken cancellationToken);
}

/// <summary>How operations become one transaction of the operator: the Host's batchCall today, an operator contract another day.</summary>
internal interface IBatchVehicle
{
    /// <summary>Who signs and sends: the flow operator that customers authorise.</summary>
    Address Operator { get; }

    /// <summary>Executes them without sending, as the operator, on top of <paramref name="block"/>. Null: they pass, in this order.</summary>
    /// <param name="gas">The most they may use.</param>
    Task<SimulationFailure?> SimulateAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, ulong gas, CancellationToken cancellationToken);

    /// <summary>Gas of operations that pass.</summary>
    Task<ulong> EstimateGasAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, CancellationToken cancellationToken);

    Task<SignedBatch> SignAsync(IReadOnlyList<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee, CancellationToken cancellationToken);

    /// <summary>The same nonce, content and gas limit at another price.</summary>
    Task<SignedBatch> ResignAsync(SignedBatch batch, FeeOffer fee, CancellationToken cancellationToken);

    /// <summary>Nothing to ourselves: consumes the nonce, 21,000 gas.</summary>
    Task<SignedBatch> SignCancelAsync(Nonce nonce, FeeOffer fee, CancellationToken cancellationToken);
}

/// <summary>The accounts whose flows the lane settles.</summary>
internal interface ILaneAccounts
{
    /// <summary>Marks that no lane has taken over yet, of all shards.</summary>
    Task<IReadOnlyList<FlowMark>> MarksAsync(CancellationToken cancellationToken);

    /// <summary>Removes a mark, unless a newer generation has replaced it.</summary>
    Task ClearMarkAsync(FlowMark mark, CancellationToken cancellationToken);

    Task<AccountBook> LoadAsync(AccountKey account, CancellationToken cancellationToken);

    /// <summary>Tells the account that the chain would refuse what its leases want.</summary>
    Task RefuseAsync(AccountKey account, SettlementRefusal refusal, CancellationToken cancellationToken);

    /// <summary>Has the account look at the chain: something of it was just verified.</summary>
    Task EvaluateAsync(AccountKey account, CancellationToken cancellationToken);
}

/// <summary>The lane in Redis (chain-and-transactions.md §2.4). Every change carries the leader's token and does nothing for a deposed one.</summary>
/// <remarks>All methods throw <c>StoreUnavailableException</c> where Redis has no answer: whether the change happened is then unknown, and repeating it is safe.</remarks>
internal interface ILane : ILaneHighWater
{
    /// <summary>Takes the leadership where it is free, renews it where it is held by <paramref name="owner"/>.</summary>
    /// <returns>The fencing token; null while somebody else leads.</returns>
    Task<string?> AcquireAsync(string owner, TimeSpan ttl, CancellationToken cancellationToken);

    Task ResignAsync(string token, CancellationToken cancellationToken);

    /// <summary>Takes a mark over; one of a generation that is not newer than the stored one changes nothing. A new generation is due at once.</summary>
    Task MarkAsync(FlowMark mark, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Due flows, the most urgent first.</summary>
    Task<IReadOnlyList<LaneFlow>> DueAsync(DateTimeOffset now, int most, CancellationToken cancellationToken);

    /// <summary>Due flows by which somebody loses money while they wait.</summary>
    Task<IReadOnlyList<LaneFlow>> UrgentAsync(DateTimeOffset now, int most, CancellationToken cancellationToken);

    /// <summary>A reading outside of any slot. Where it shows the desired rate, the flow is no longer dirty.</summary>
    Task ObserveAsync(FlowKey flow, FlowReading reading, BlockNumber block, CancellationToken cancellationToken);

    /// <summary>Not before <paramref name="notBefore"/> again, unless it is marked anew.</summary>
    Task BackOffAsync(FlowKey flow, ulong generation, DateTimeOffset notBefore, string error, CancellationToken cancellationToken);

    /// <summary>Open slots by nonce, with their attempts.</summary>
    Task<IReadOnlyList<OpenSlot>> OpenSlotsAsync(CancellationToken cancellationToken);

    /// <summary>Locks the flows of <paramref name="plan"/> and binds the nonce to them.</summary>
    Task<ReserveAnswer> ReserveAsync(string token, Nonce nonce, SlotPlan plan, int mostOpen, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>What whoever is on call has set.</summary>
    Task<LaneLimits> LimitsAsync(CancellationToken cancellationToken);

    Task SetLimitsAsync(LaneLimits limits, CancellationToken cancellationToken);

    /// <summary>Writes down that they were lost, unless they are others by now than were <paramref name="read"/>.</summary>
    /// <returns>Whether that was done.</returns>
    Task<bool> TellLimitsLostAsync(LaneLimits read, LaneLimits marked, CancellationToken cancellationToken);

    /// <summary>Says how settlement stands, to whoever looks at accounts.</summary>
    Task TellOutlookAsync(SettlementOutlook outlook, CancellationToken cancellationToken);

    /// <summary>The flows that a slot has locked, as they are wanted by now, in its order.</summary>
    Task<IReadOnlyList<LaneFlow>> LockedAsync(OpenSlot slot, CancellationToken cancellationToken);

    /// <summary>Writes an attempt down, durably: only then may it be sent.</summary>
    /// <param name="index">How many attempts of the slot the caller knows.</param>
    /// <param name="budgetNavax">The day's cap.</param>
    Task<AttemptAnswer> AppendAttemptAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, CancellationToken cancellationToken);

    /// <summary>The same for an attempt of other content: in one write with what the slot is for from now on.</summary>
    /// <param name="plan">All flows that the slot has locked so far, in their present generations, and those that are added.</param>
    Task<AttemptAnswer> AmendAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, SlotPlan plan, CancellationToken cancellationToken);

    /// <summary>Ends a slot whose nonce is consumed: unlocks its flows, and leaves those dirty that are not where they should be.</summary>
    /// <returns>False where the token is deposed, or the slot is another one than was read: flows were added to it, or Redis went back in time.</returns>
    Task<bool> CloseAsync(string token, OpenSlot slot, SlotEnd end, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Drops a slot for which nothing was ever signed.</summary>
    /// <returns>False where the token is deposed; also where the slot has an attempt, which keeps it.</returns>
    Task<bool> ReleaseSlotAsync(string token, OpenSlot slot, CancellationToken cancellationToken);
}

/// <summary>What reserving a slot came to.</summary>
internal enum ReserveAnswer
{
    Unspecified = 0,
    Reserved = 1,
    Fenced = 2,

    /// <summary>The nonce has or had a slot: the node's count is behind.</summary>
    NonceBound = 3,
    TooManyOpen = 4,
    NotContiguous = 5,
    FlowBusy = 6,

    /// <summary>A flow is wanted otherwise by now: plan again.</summary>
    StaleGeneration = 7,
}

/// <summary>What writing an attempt down came to.</summary>
internal enum AttemptAnswer
{
    Unspecified = 0,
    Written = 1,
    Fenced = 2,
    NoSlot = 3,

    /// <summary>Somebody wrote one meanwhile.</summary>
    Raced = 4,

    /// <summary>The day's cap would be passed.</summary>
    OverBudget = 5,

    /// <summary>A flow of an amendment is wanted otherwise by now, or another slot has it: plan again.</summary>
    Stale = 6,
}

using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.Server.Settlement;

/// <summary>Passes everything on, and shows it to whoever holds the lane to its invariants.</summary>
internal sealed class InvariantsLane(ILane inner, InvariantsOfSlots seen) : ILane
{
    /// <summary>Of the leadership in which this process last wrote its mark.</summary>
    private ulong? _epoch;

    private IReadOnlyList<OpenSlot> _slots = [];

    public Task<string?> AcquireAsync(string owner, TimeSpan ttl, CancellationToken cancellationToken) => inner.AcquireAsync(owner, ttl, cancellationToken);

    public Task ResignAsync(string token, CancellationToken cancellationToken) => inner.ResignAsync(token, cancellationToken);

    public async Task MarkAsync(FlowMark mark, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await inner.MarkAsync(mark, now, cancellationToken);
        seen.Wants(mark.Flow, mark.Generation);
    }

    public Task<IReadOnlyList<LaneFlow>> DueAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        inner.DueAsync(now, most, cancellationToken);

    public Task<IReadOnlyList<LaneFlow>> UrgentAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        inner.UrgentAsync(now, most, cancellationToken);

    public Task ObserveAsync(FlowKey flow, FlowReading reading, BlockNumber block, CancellationToken cancellationToken) =>
        inner.ObserveAsync(flow, reading, block, cancellationToken);

    public Task BackOffAsync(FlowKey flow, ulong generation, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        inner.BackOffAsync(flow, generation, notBefore, error, cancellationToken);

    public async Task<IReadOnlyList<OpenSlot>> OpenSlotsAsync(CancellationToken cancellationToken)
    {
        var slots = await inner.OpenSlotsAsync(cancellationToken);
        seen.Read(slots);
        _slots = slots;
        return slots;
    }

    public async Task<ReserveAnswer> ReserveAsync(
        string token, Nonce nonce, SlotPlan plan, int mostOpen, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var answer = await inner.ReserveAsync(token, nonce, plan, mostOpen, now, cancellationToken);
        if (answer == ReserveAnswer.Reserved)
            seen.Reserved(token, nonce, plan);
        return answer;
    }

    public Task<LaneLimits> LimitsAsync(CancellationToken cancellationToken) => inner.LimitsAsync(cancellationToken);

    public Task SetLimitsAsync(LaneLimits limits, CancellationToken cancellationToken) => inner.SetLimitsAsync(limits, cancellationToken);

    public Task<bool> TellLimitsLostAsync(LaneLimits read, LaneLimits marked, CancellationToken cancellationToken) =>
        inner.TellLimitsLostAsync(read, marked, cancellationToken);

    public Task TellOutlookAsync(SettlementOutlook outlook, CancellationToken cancellationToken) => inner.TellOutlookAsync(outlook, cancellationToken);

    public Task<IReadOnlyList<LaneFlow>> LockedAsync(OpenSlot slot, CancellationToken cancellationToken) => inner.LockedAsync(slot, cancellationToken);

    public async Task<AttemptAnswer> AppendAttemptAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, CancellationToken cancellationToken)
    {
        var answer = await inner.AppendAttemptAsync(token, nonce, index, attempt, budgetNavax, cancellationToken);
        if (answer == AttemptAnswer.Written)
            seen.Written(token, nonce, attempt, amended: null, budgetNavax);
        return answer;
    }

    public async Task<AttemptAnswer> AmendAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, SlotPlan plan, CancellationToken cancellationToken)
    {
        var answer = await inner.AmendAsync(token, nonce, index, attempt, budgetNavax, plan, cancellationToken);
        if (answer == AttemptAnswer.Written)
            seen.Written(token, nonce, attempt, plan, budgetNavax);
        return answer;
    }

    public async Task<bool> CloseAsync(string token, OpenSlot slot, SlotEnd end, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var closed = await inner.CloseAsync(token, slot, end, now, cancellationToken);
        if (closed)
            seen.Closed(token, slot, end);
        return closed;
    }

    public async Task<bool> ReleaseSlotAsync(string token, OpenSlot slot, CancellationToken cancellationToken)
    {
        var released = await inner.ReleaseSlotAsync(token, slot, cancellationToken);
        if (released)
            seen.Released(token, slot);
        return released;
    }

    public async Task<StoredHighWater> ReadHighWaterAsync(Nonce? newestConsumed, CancellationToken cancellationToken)
    {
        var stored = await inner.ReadHighWaterAsync(newestConsumed, cancellationToken);
        if (_epoch is { } mine && stored.Mark is { } mark && mark.Epoch > mine)
            Forget(); // Another leader may have lost and regained what was seen here.
        return stored;
    }

    public Task<string?> ServerAsync(CancellationToken cancellationToken) => inner.ServerAsync(cancellationToken);

    public Task<RaisedHighWater?> RaiseHighWaterAsync(
        string token, Nonce consumed, BlockNumber block, string? server, LaneLoss? loss, CancellationToken cancellationToken)
    {
        if (loss is not null)
            Forget(); // Redis went back in time.
        _epoch = LaneLeadership.EpochOf(token);
        return inner.RaiseHighWaterAsync(token, consumed, block, server, loss, cancellationToken);
    }

    public Task<bool> JournalReadAsync(BlockNumber through, DateTimeOffset? loss, CancellationToken cancellationToken) =>
        inner.JournalReadAsync(through, loss, cancellationToken);

    public Task SearchedAsync(DateTimeOffset loss, CancellationToken cancellationToken) => inner.SearchedAsync(loss, cancellationToken);

    public Task<bool> ReseedBudgetAsync(
        string token, DateTimeOffset loss, DateTimeOffset at, long navax, long assumedNavax, CancellationToken cancellationToken) =>
        inner.ReseedBudgetAsync(token, loss, at, navax, assumedNavax, cancellationToken);

    // All but what was read in this very round, and is driven next.
    private void Forget()
    {
        seen.Forget();
        seen.Read(_slots);
    }
}

/// <summary>The same for the chain.</summary>
internal sealed class InvariantsChain(ILaneChain inner, InvariantsOfSlots seen) : ILaneChain
{
    public async Task<LaneHead> HeadAsync(CancellationToken cancellationToken)
    {
        var head = await inner.HeadAsync(cancellationToken);
        seen.Consumed(head.Consumed);
        return head;
    }

    public async Task<Nonce> ConsumedAtAsync(BlockNumber block, CancellationToken cancellationToken)
    {
        var consumed = await inner.ConsumedAtAsync(block, cancellationToken);
        seen.Consumed(consumed);
        return consumed;
    }

    public Task<IReadOnlyList<Nonce>> ConsumedPerEndpointAsync(CancellationToken cancellationToken) => inner.ConsumedPerEndpointAsync(cancellationToken);

    public async Task<LaneReceipt?> ReceiptAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        var receipt = await inner.ReceiptAsync(hash, cancellationToken);
        if (receipt is not null)
            seen.Executed(receipt);
        return receipt;
    }

    public Task<AccountObservation> LookAsync(
        AccountKey account, IReadOnlyCollection<Address> payees, BlockRef block, CancellationToken cancellationToken) =>
        inner.LookAsync(account, payees, block, cancellationToken);

    public Task<ImmutableArray<FlowReading>> ReadFlowsAsync(IReadOnlyList<FlowKey> flows, BlockNumber block, CancellationToken cancellationToken) =>
        inner.ReadFlowsAsync(flows, block, cancellationToken);

    public Task<BroadcastResult> SendAsync(SignedBatch batch, CancellationToken cancellationToken)
    {
        seen.Sends(batch);
        return inner.SendAsync(batch, cancellationToken);
    }

    public Task<PendingCount> PendingAsync(CancellationToken cancellationToken) => inner.PendingAsync(cancellationToken);

    public Task<BlockTime> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken) => inner.TimeOfAsync(block, cancellationToken);

    public Task<IReadOnlyList<PastTransaction>> OwnTransactionsAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken) =>
        inner.OwnTransactionsAsync(from, to, cancellationToken);
}

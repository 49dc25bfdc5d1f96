using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.Server.Settlement;

/// <summary>Ends slots whose nonce is consumed, from the bottom, by what the chain shows of their flows (chain-and-transactions.md §2.6.2).</summary>
/// <remarks>Nothing is concluded from absence: only a consumed nonce and a reading of the end state close a slot.</remarks>
internal sealed partial class SlotCloser(
    LanePorts ports, LaneMemory memory, LaneTeller teller, SettlementMetrics metrics, LaneTroubles troubles, ILogger<SlotCloser> logger)
{
    /// <returns>The slots that stay open.</returns>
    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task<ImmutableArray<OpenSlot>> CloseAsync(LaneRound round, IEnumerable<OpenSlot> slots, CancellationToken cancellationToken)
    {
        var open = slots.OrderBy(s => s.Nonce.Value).ToImmutableArray();
        while (!open.IsEmpty && await TryCloseAsync(round, open[0], cancellationToken))
            open = open.RemoveAt(0);
        return open;
    }

    private async Task<bool> TryCloseAsync(LaneRound round, OpenSlot slot, CancellationToken cancellationToken)
    {
        // One without bytes has consumed nothing, and is released; but if a stranger consumed its nonce, and another slot stands above it, it ends only here.
        var since = ports.Now;
        var (executed, receipt) = await FindReceiptAsync(slot, cancellationToken);
        if (!await IsConsumedAsync(round, slot, receipt, cancellationToken))
            return false;

        // What the transaction made of its flows is seen at its own block, which may be ahead of what the node calls its head. What others made of them
        // since is for the accounts to find out, which look at the newest block.
        var block = receipt?.Block ?? round.Head.Block;
        var readings = await ports.Chain.ReadFlowsAsync([.. slot.Plan.Flows.Select(f => f.Flow)], block.Number, cancellationToken);
        var outcome = receipt is null ? SlotOutcome.Foreign : receipt.Succeeded ? SlotOutcome.Own : SlotOutcome.Reverted;
        var end = new SlotEnd(outcome, block, readings, receipt?.Paid.ToNanoCeiling());
        await TellAccountsAsync(slot, cancellationToken);
        if (!await ports.Lane.CloseAsync(round.Token, slot, end, ports.Now, cancellationToken))
            throw new LaneDeposedException($"closing slot {slot.Nonce}");

        memory.SawConsumed(slot.Nonce.Next);
        memory.Forget(slot);
        // What was lowered may be the end of a lease, which is over only now that nothing is under way for it.
        foreach (var flow in slot.Plan.Flows.Where(f => f.Urgency is Urgency.StopLoss or Urgency.Lower))
            memory.MustLook(flow.Flow.Account);
        troubles.Over(LaneTrouble.InvalidTransaction);
        Tell(slot, executed, receipt, end, since);
        await BackOffFruitlessAsync(slot, end, cancellationToken);
        return true;
    }

    /// <summary>Before the slot is closed: a process that dies in between leaves it open, and the next one tells again. Those that do not listen now do not hold it up.</summary>
    private async Task TellAccountsAsync(OpenSlot slot, CancellationToken cancellationToken)
    {
        foreach (var flow in slot.Plan.Flows)
            memory.MustLook(flow.Flow.Account);
        await teller.TellAsync(cancellationToken);
    }

    private async Task<(SlotAttempt? Executed, LaneReceipt? Receipt)> FindReceiptAsync(OpenSlot slot, CancellationToken cancellationToken)
    {
        var receipts = await Task.WhenAll(slot.Attempts.Select(a => ports.Chain.ReceiptAsync(a.Batch.Hash, cancellationToken)));
        var found = Array.FindIndex(receipts, r => r is not null);
        return found < 0 ? (null, null) : (slot.Attempts[found], receipts[found]);
    }

    private async Task<bool> IsConsumedAsync(LaneRound round, OpenSlot slot, LaneReceipt? receipt, CancellationToken cancellationToken)
    {
        if (receipt is not null)
            return (await ports.Chain.ConsumedAtAsync(receipt.Block.Number, cancellationToken)).Value > slot.Nonce.Value;
        if (round.Head.Consumed.Value <= slot.Nonce.Value)
            return false;
        var counts = await ports.Chain.ConsumedPerEndpointAsync(cancellationToken);
        return memory.Witness.IsConsumed(slot.Nonce, counts, round.Head.Block.Number);
    }

    /// <summary>A revert, a foreign transaction, a change by somebody else: what is still wrong is planned again, but not for ever at once.</summary>
    private async Task BackOffFruitlessAsync(OpenSlot slot, SlotEnd end, CancellationToken cancellationToken)
    {
        var now = ports.Now;
        foreach (var (flow, reading) in slot.Plan.Flows.Zip(end.Readings).Where(p => p.First.Desired != p.Second.Rate))
        {
            var why = $"slot {slot.Nonce} ended as {end.Outcome} with {reading.Rate}";
            await ports.Lane.BackOffAsync(flow.Flow, flow.Generation, now + BackOff.AfterSlot(flow.Fails), why, cancellationToken);
        }
    }

    private void Tell(OpenSlot slot, SlotAttempt? executed, LaneReceipt? receipt, SlotEnd end, DateTimeOffset since)
    {
        metrics.Closed(end.Outcome, end.PaidNavax);
        var now = ports.Now;
        foreach (var (flow, reading) in slot.Plan.Flows.Zip(end.Readings))
        {
            if (receipt is not null)
                metrics.Reached(ChangeStage.Included, flow.Urgency, receipt.Block.Time.ToDateTimeOffset() - flow.MarkedAt);
            if (reading.Rate == flow.Desired)
                metrics.Reached(ChangeStage.Verified, flow.Urgency, now - flow.MarkedAt);
        }

        SettlementTrace.Verify(slot, executed, end, since);
        if (end.Outcome == SlotOutcome.Own)
            LogVerified(slot.Nonce, receipt!.Hash, end.Block.Number, slot.Plan.Flows.Length, receipt.GasUsed); // Own has a receipt.
        else
            LogStrangeEnd(slot.Nonce, end.Outcome, receipt?.Hash, end.Block.Number, slot.Attempts.Length);
    }

    [LoggerMessage(EventId = 7130, Level = LogLevel.Information, Message = "Slot {Nonce} is verified: {Hash} at block {Block}, {Flows} flows, {Gas} gas.")]
    private partial void LogVerified(Nonce nonce, Hash32 hash, BlockNumber block, int flows, ulong gas);

    [LoggerMessage(
        EventId = 7131, Level = LogLevel.Error, Message = "Slot {Nonce} ended as {Outcome}, {Hash} at block {Block}, after {Attempts} attempts. What is still wrong will be planned again.")]
    private partial void LogStrangeEnd(Nonce nonce, SlotOutcome outcome, Hash32? hash, BlockNumber block, int attempts);
}

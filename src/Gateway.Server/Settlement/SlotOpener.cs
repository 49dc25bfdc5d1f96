using System.Collections.Immutable;

namespace Gateway.Server.Settlement;

/// <summary>Binds a nonce to a batch and makes its first attempt: reserve → sign → write ahead → send (chain-and-transactions.md §2.6.6).</summary>
internal sealed class SlotOpener(LanePorts ports, LaneMemory memory, AttemptSender sender, LaneFunds funds, LaneTroubles troubles, SettlementMetrics metrics)
{
    /// <summary>Open nonces at a time. The second one is for what is urgent and need not wait for the block of the first.</summary>
    public const int MostOpen = 2;

    /// <returns>True where the batch was sent; false where the round must begin anew, or wait.</returns>
    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task<bool> OpenAsync(LaneRound round, ImmutableArray<OpenSlot> open, ReadyBatch batch, CancellationToken cancellationToken)
    {
        var plan = batch.Draft.ToSlotPlan();
        if (round.OfferFor(plan.Urgency, memory.Pace.HourlyBaseFee) is not { } offer)
            return false;
        if (memory.UnknownBid is { } unknown && open.IsEmpty)
            offer = round.Fees.Bump(unknown, round.Head.BaseFee, round.Fees.Ceilings.StopLoss) ?? offer;
        if (!funds.Cover(round, open, offer.MaxFeePerGas * batch.GasLimit))
            return false;

        var nonce = open.IsEmpty ? round.Head.Consumed : open[^1].Nonce.Next;
        var answer = await ports.Lane.ReserveAsync(round.Token, nonce, plan, MostOpen, ports.Now, cancellationToken);
        if (answer == ReserveAnswer.Fenced)
            throw new LaneDeposedException($"reserving slot {nonce}");
        if (answer != ReserveAnswer.Reserved)
            return false;
        foreach (var flow in plan.Flows)
            metrics.Reached(ChangeStage.Reserved, flow.Urgency, ports.Now - flow.MarkedAt);

        var slot = new OpenSlot(nonce, ports.Now, plan, []);
        var written = await sender.AttemptAsync(
            round, slot, AttemptKind.First, ct => ports.Vehicle.SignAsync(batch.Draft.Operations, nonce, batch.GasLimit, offer, ct), cancellationToken);
        if (written == AttemptAnswer.Written)
        {
            memory.Bound(nonce);
            troubles.Over(LaneTrouble.OverBudget);
            return true;
        }

        if (written == AttemptAnswer.OverBudget)
        {
            if (round.BudgetFor(plan.Urgency) < round.Options.DailyBudgetNavax)
                funds.OverAssumed();
            else
                funds.OverBudget($"{plan.Flows.Length} flows wait; {round.Options.DailyBudgetNavax} nAVAX may be spent in a day");
            metrics.Held(LaneTrouble.OverBudget, plan.Flows.Length);
            await ports.Lane.ReleaseSlotAsync(round.Token, slot, cancellationToken);
        }

        return false;
    }
}

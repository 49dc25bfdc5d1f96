using System.Collections.Immutable;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>Binds a nonce to a batch and makes its first attempt: reserve → sign → write ahead → send (chain-and-transactions.md §2.6.6).</summary>
internal sealed class SlotOpener(LanePorts ports, LaneMemory memory, AttemptSender sender, LaneFunds funds, LaneTroubles troubles, SettlementMetrics metrics)
{
    /// <summary>Open nonces at a time. The second one is for what is urgent and need not wait for the block of the first.</summary>
    public const int MostOpen = 2;

    /// <summary>Of a transfer of nothing.</summary>
    private const ulong CancelGas = 21_000;

    /// <returns>True where the batch was sent; false where the round must begin anew, or wait.</returns>
    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task<bool> OpenAsync(LaneRound round, ImmutableArray<OpenSlot> open, ReadyBatch batch, CancellationToken cancellationToken)
    {
        var plan = batch.Draft.ToSlotPlan();
        if (round.OfferFor(plan.Urgency, memory.Pace.HourlyBaseFee) is not { } offer)
            return false;
        if (memory.UnknownBid is { } unknown && open.IsEmpty)
            offer = round.Fees.Bump(unknown, round.Head.BaseFee, round.Fees.Ceilings.StopLoss) ?? offer;
        if (await ReserveAsync(round, open, plan, offer.MaxFeePerGas * batch.GasLimit, cancellationToken) is not { } slot)
            return false;
        return await BindAsync(
            round, slot, AttemptKind.First, ct => ports.Vehicle.SignAsync(batch.Draft.Operations, slot.Nonce, batch.GasLimit, offer, ct), cancellationToken);
    }

    /// <summary>Uses the next nonce for nothing, so that nobody else's bytes are executed at it.</summary>
    /// <returns>Null where that was not done.</returns>
    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task<OpenSlot?> TakeBackAsync(LaneRound round, ImmutableArray<OpenSlot> open, FeeOffer offer, CancellationToken cancellationToken)
    {
        if (await ReserveAsync(round, open, new SlotPlan([], []), offer.MaxFeePerGas * CancelGas, cancellationToken) is not { } slot)
            return null;
        var isBound = await BindAsync(round, slot, AttemptKind.Cancel, ct => ports.Vehicle.SignCancelAsync(slot.Nonce, offer, ct), cancellationToken);
        return isBound ? slot : null;
    }

    private async Task<OpenSlot?> ReserveAsync(LaneRound round, ImmutableArray<OpenSlot> open, SlotPlan plan, Wei worst, CancellationToken cancellationToken)
    {
        if (!funds.Cover(round, open, worst))
            return null;
        var nonce = open.IsEmpty ? round.Head.Consumed : open[^1].Nonce.Next;
        var answer = await ports.Lane.ReserveAsync(round.Token, nonce, plan, MostOpen, ports.Now, cancellationToken);
        if (answer == ReserveAnswer.Fenced)
            throw new LaneDeposedException($"reserving slot {nonce}");
        if (answer != ReserveAnswer.Reserved)
            return null;
        foreach (var flow in plan.Flows)
            metrics.Reached(ChangeStage.Reserved, flow.Urgency, ports.Now - flow.MarkedAt);
        return new OpenSlot(nonce, ports.Now, plan, []);
    }

    private async Task<bool> BindAsync(
        LaneRound round, OpenSlot slot, AttemptKind kind, Func<CancellationToken, Task<SignedBatch>> sign, CancellationToken cancellationToken)
    {
        var plan = slot.Plan;
        var written = await sender.AttemptAsync(round, slot, kind, sign, cancellationToken);
        if (written == AttemptAnswer.Written)
        {
            memory.Bound(slot.Nonce);
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

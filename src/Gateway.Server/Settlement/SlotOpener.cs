using System.Collections.Immutable;
using Gateway.Domain.Money;

namespace Gateway.Server.Settlement;

/// <summary>Binds a nonce to a batch and makes its first attempt: reserve → sign → write ahead → send (chain-and-transactions.md §2.6.6).</summary>
internal sealed class SlotOpener(LanePorts ports, LaneMemory memory, AttemptSender sender, LaneTroubles troubles, SettlementMetrics metrics)
{
    /// <summary>Open nonces at a time. A second one is for an urgent close that must overtake a large batch.</summary>
    public const int MostOpen = 1;

    /// <summary>How long nothing is planned once the money for it is known to be missing.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <returns>True where the batch was sent; false where the round must begin anew, or wait.</returns>
    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task<bool> OpenAsync(LaneRound round, ImmutableArray<OpenSlot> open, ReadyBatch batch, CancellationToken cancellationToken)
    {
        var plan = batch.Draft.ToSlotPlan();
        if (round.Fees.Offer(round.Head.BaseFee, round.Fees.CeilingFor(plan.Urgency, memory.Pace.HourlyBaseFee)) is not { } offer)
            return false;
        if (!CanPay(round, open, offer.MaxFeePerGas * batch.GasLimit))
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
            troubles.Over(LaneTrouble.OverBudget);
            return true;
        }

        if (written == AttemptAnswer.OverBudget)
        {
            troubles.Met(LaneTrouble.OverBudget, $"{plan.Flows.Length} flows wait; {round.Options.DailyBudgetNavax} nAVAX may be spent in a day");
            metrics.Held(LaneTrouble.OverBudget, plan.Flows.Length);
            memory.PausedUntil = ports.Now + Pause;
            await ports.Lane.ReleaseSlotAsync(round.Token, slot, cancellationToken);
        }

        return false;
    }

    private bool CanPay(LaneRound round, ImmutableArray<OpenSlot> open, Wei worst)
    {
        var needed = open.Aggregate(worst, (sum, slot) => sum + slot.WorstCase);
        if (needed <= round.Head.Balance)
        {
            troubles.Over(LaneTrouble.OutOfFunds);
            return true;
        }

        troubles.Met(LaneTrouble.OutOfFunds, $"{ports.Vehicle.Operator} has {round.Head.Balance}, the next transaction may cost {needed}");
        memory.PausedUntil = ports.Now + Pause;
        return false;
    }
}

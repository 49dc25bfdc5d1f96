using System.Collections.Immutable;
using Gateway.Domain.Identity;

namespace Gateway.Server.Settlement;

/// <summary>Replaces the content of a stuck slot, so that what is urgent does not wait behind it (chain-and-transactions.md §2.6.4).</summary>
/// <remarks>
/// Either attempt may be mined; the end state of all flows that any of them carries is read, and what is not where it should be is planned again. So flows
/// are added to a slot and never taken out of it.
/// </remarks>
internal sealed partial class SlotAmender(LanePorts ports, LaneMemory memory, AttemptSender sender, LaneFunds funds, SettlementMetrics metrics, ILogger<SlotAmender> logger)
{
    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task AmendAsync(
        LaneRound round, ImmutableArray<OpenSlot> open, OpenSlot slot, ReadyBatch batch, CancellationToken cancellationToken)
    {
        var locked = await ports.Lane.LockedAsync(slot, cancellationToken);
        // The urgent part was put off meanwhile: the rest goes by its own attempts.
        if (slot.Newest is not { } newest || !batch.Draft.Flows.Concat(locked).Any(f => DueFlows.IsNewlyUrgent(slot, f)))
            return;
        var plan = PlanOf(slot, batch, locked);
        var ceiling = round.Fees.CeilingFor(plan.Urgency, memory.Pace.HourlyBaseFee);
        if (round.Fees.Bump(newest.Batch.Fee, round.Head.BaseFee, ceiling) is not { } offer)
            return;
        var worst = offer.MaxFeePerGas * batch.GasLimit;
        if (!funds.Cover(round, open.Remove(slot), slot.WorstCase > worst ? slot.WorstCase : worst))
            return;

        LogAmends(slot.Nonce, slot.Plan.Flows.Length, batch.Draft.Flows.Count(), plan.Flows.Length);
        var written = await sender.AmendAsync(
            round, slot, plan, ct => ports.Vehicle.SignAsync(batch.Draft.Operations, slot.Nonce, batch.GasLimit, offer, ct), cancellationToken);
        if (written != AttemptAnswer.OverBudget)
            return;
        metrics.Held(LaneTrouble.OverBudget, batch.Draft.Flows.Count());
        funds.OverBudget($"slot {slot.Nonce} cannot be amended; {round.Options.DailyBudgetNavax} nAVAX may be spent in a day");
    }

    /// <summary>What the batch carries as it carries it, and every other flow that the slot has locked as it is wanted now.</summary>
    private static SlotPlan PlanOf(OpenSlot slot, ReadyBatch batch, IReadOnlyList<LaneFlow> locked)
    {
        var carried = batch.Draft.ToSlotPlan();
        var flows = carried.Flows.Select(f => f.Flow).ToHashSet();
        var others = locked.Where(f => !flows.Contains(f.Flow)).Select(f => f.ToSlotFlow());
        var contexts = carried.Contexts.Concat(slot.Plan.Contexts).Distinct(StringComparer.Ordinal).Take(SlotPlan.MaxContexts);
        return new SlotPlan([.. carried.Flows, .. others], [.. contexts]);
    }

    [LoggerMessage(EventId = 7185, Level = LogLevel.Warning, Message = "Slot {Nonce} is stuck with {Before} flows; it is amended to carry {Carried}, and answers for {All}.")]
    private partial void LogAmends(Nonce nonce, int before, int carried, int all);
}

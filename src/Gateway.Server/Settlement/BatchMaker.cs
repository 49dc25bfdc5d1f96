using System.Collections.Immutable;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Settlement;

/// <summary>Makes the next batch of what is due, and sends it.</summary>
internal sealed class BatchMaker(LaneMemory memory, DueFlows due, BatchPlanner planner, BatchSieve sieve, SlotOpener opener, SlotAmender amender)
{
    public async Task<StepResult> MakeAsync(LaneRound round, ImmutableArray<OpenSlot> open, CancellationToken cancellationToken)
    {
        var since = memory.Time.GetUtcNow();
        // A node whose count is behind would have a nonce taken twice; Redis refuses that, but there is no need to ask.
        var isBehind = open.IsEmpty && round.Head.Consumed.Value < memory.HighWater.Value;
        if (isBehind || since < memory.PausedUntil || !round.MayPlan)
            return StepResult.Waiting;

        var work = await due.TakeAsync(round, open, cancellationToken);
        var planned = await planner.PlanAsync(round, work.Flows, cancellationToken);
        if (planned.Draft.IsEmpty)
            return planned.LookAgain ? StepResult.Again : open.IsEmpty ? StepResult.Idle : StepResult.Waiting;

        using var span = SettlementTrace.Plan([.. SettlementTrace.ContextsOf(planned.Draft.Flows)], since);
        span?.SetTag(GatewayTelemetry.Attributes.Flows, planned.Draft.Flows.Count());
        if (await sieve.SiftAsync(round, planned.Draft, cancellationToken) is not { } batch)
            return StepResult.Again; // What failed is put off by now; there may be others.
        if (work.Amends is { } slot)
            await amender.AmendAsync(round, open, slot, batch, cancellationToken);
        else
            await opener.OpenAsync(round, open, batch, cancellationToken);
        return StepResult.Waiting;
    }
}

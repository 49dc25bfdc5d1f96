using System.Collections.Immutable;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Settlement;

/// <summary>Makes the next batch of what is due, and sends it.</summary>
internal sealed class BatchMaker(LanePorts ports, LaneMemory memory, BatchPlanner planner, BatchSieve sieve, SlotOpener opener)
{
    public async Task<StepResult> MakeAsync(LaneRound round, ImmutableArray<OpenSlot> open, CancellationToken cancellationToken)
    {
        // A node whose count is behind would have a nonce taken twice; Redis refuses that, but there is no need to ask.
        var isBehind = open.IsEmpty && round.Head.Consumed.Value < memory.HighWater.Value;
        if (open.Length >= SlotOpener.MostOpen || isBehind || ports.Now < memory.PausedUntil)
            return StepResult.Waiting;

        var since = ports.Now;
        var planned = await planner.PlanAsync(round, cancellationToken);
        if (planned.Draft.IsEmpty)
            return planned.LookAgain ? StepResult.Again : StepResult.Idle;

        using var span = SettlementTrace.Plan([.. SettlementTrace.ContextsOf(planned.Draft.Flows)], since);
        span?.SetTag(GatewayTelemetry.Attributes.Flows, planned.Draft.Flows.Count());
        if (await sieve.SiftAsync(round, planned.Draft, cancellationToken) is not { } batch)
            return StepResult.Again; // What failed is put off by now; there may be others.
        await opener.OpenAsync(round, open, batch, cancellationToken);
        return StepResult.Waiting;
    }
}

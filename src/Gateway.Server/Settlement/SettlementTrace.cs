using System.Diagnostics;
using Gateway.Domain.Identity;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Settlement;

/// <summary>Spans of a slot's life, tied to the requests behind it by the contexts that were stored with them.</summary>
internal static class SettlementTrace
{
    /// <summary>More links than this are dropped by exporters anyway (OTEL_SPAN_LINK_COUNT_LIMIT).</summary>
    private const int MaxLinks = 128;

    /// <summary>Contexts of a batch, the most urgent flow's first, each once, bounded.</summary>
    public static IEnumerable<string> ContextsOf(IEnumerable<LaneFlow> flows) => flows
        .OrderBy(f => f.Urgency).ThenBy(f => f.MarkedAt)
        .SelectMany(f => f.TraceParents.Reverse())
        .Distinct(StringComparer.Ordinal)
        .Take(SlotPlan.MaxContexts);

    /// <summary>Below the most urgent request; requests of other traces are linked, since a batch fans in.</summary>
    public static Activity? Plan(IReadOnlyList<string> contexts, DateTimeOffset since)
    {
        var parsed = Parse(contexts);
        var parent = parsed.Count > 0 ? parsed[0] : default;
        var links = parsed.Where(c => c.TraceId != parent.TraceId).Take(MaxLinks).Select(c => new ActivityLink(c));
        return GatewayTelemetry.Source.StartActivity(
            GatewayTelemetry.Spans.SettlementPlan, ActivityKind.Internal, parent, tags: null, links, since);
    }

    /// <summary>Below the present span, or below the attempt that it replaces.</summary>
    public static Activity? Attempt(Nonce nonce, AttemptKind kind, SlotAttempt? replaced) => Start(
        GatewayTelemetry.Spans.SettlementAttempt, ContextOf(replaced?.TraceParent), since: null)
        ?.SetTag(GatewayTelemetry.Attributes.Nonce, (long)nonce.Value)
        .SetTag(GatewayTelemetry.Attributes.AttemptKind, kind.ToString());

    /// <summary>One below the attempt that was executed, and one in the trace of every other request, so that each ends with its transaction.</summary>
    public static void Verify(OpenSlot slot, SlotAttempt? executed, SlotEnd end, DateTimeOffset since)
    {
        // Of a foreign transaction nothing is known; the newest attempt is where somebody would look.
        var attempt = ContextOf((executed ?? slot.Newest)?.TraceParent);
        using (var span = Start(GatewayTelemetry.Spans.SettlementVerify, attempt, since))
            Describe(span, slot, executed, end);

        foreach (var context in Parse(slot.Plan.Contexts).Where(c => c.TraceId != attempt.TraceId).DistinctBy(c => c.TraceId))
        {
            ActivityLink[] links = attempt == default ? [] : [new ActivityLink(attempt)];
            using var span = GatewayTelemetry.Source.StartActivity(
                GatewayTelemetry.Spans.SettlementVerify, ActivityKind.Internal, context, tags: null, links, since);
            Describe(span, slot, executed, end);
        }
    }

    private static void Describe(Activity? span, OpenSlot slot, SlotAttempt? executed, SlotEnd end)
    {
        span?.SetTag(GatewayTelemetry.Attributes.Nonce, (long)slot.Nonce.Value)
            .SetTag(GatewayTelemetry.Attributes.TransactionHash, executed?.Batch.Hash.ToString())
            .SetTag(GatewayTelemetry.Attributes.BlockNumber, (long)end.Block.Number.Value)
            .SetTag(GatewayTelemetry.Attributes.Outcome, end.Outcome.ToString());
        if (end.Outcome != SlotOutcome.Own)
            span?.SetStatus(ActivityStatusCode.Error, end.Outcome.ToString());
    }

    private static Activity? Start(string name, ActivityContext parent, DateTimeOffset? since) =>
        GatewayTelemetry.Source.StartActivity(name, ActivityKind.Internal, parent, tags: null, links: null, since ?? default);

    private static ActivityContext ContextOf(string? traceParent) =>
        ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out var context) ? context : default;

    private static List<ActivityContext> Parse(IReadOnlyList<string> contexts) => [.. contexts.Select(ContextOf).Where(c => c != default)];
}

using System.Collections.Immutable;
using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Evaluation;

/// <summary>A span for each directive of a decision, in the trace of the request behind its lease, linked to what is under way now.</summary>
/// <remarks>It begins before the directive is stored, since its context is stored with it; where the decision was not stored, it is not exported.</remarks>
internal sealed class DirectiveTraces : IDisposable
{
    private readonly ImmutableArray<Activity> _spans;

    private DirectiveTraces(ImmutableArray<Effect> effects, ImmutableArray<Activity> spans)
    {
        Effects = effects;
        _spans = spans;
    }

    /// <summary>The decision's effects, each directive with its context.</summary>
    public ImmutableArray<Effect> Effects { get; }

    public static DirectiveTraces Start(AccountBook before, Decision decision)
    {
        var spans = ImmutableArray.CreateBuilder<Activity>();
        var effects = ImmutableArray.CreateBuilder<Effect>(decision.Effects.Count);
        var current = Activity.Current;
        foreach (var effect in decision.Effects)
        {
            if (effect is Effect.IssueDirective directive && StartSpan(directive, decision.Book.Leases[directive.Lease], current) is { } span)
            {
                spans.Add(span);
                effects.Add(directive with { TraceParent = span.Id });
            }
            else
            {
                effects.Add(effect);
            }
        }

        Activity.Current = current;
        return new DirectiveTraces(effects.ToImmutable(), spans.ToImmutable());
    }

    /// <summary>Nothing of it was stored: the spans tell of nothing that happened.</summary>
    public void Discard()
    {
        foreach (var span in _spans)
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }

    public void Dispose()
    {
        var current = Activity.Current;
        foreach (var span in _spans)
            span.Dispose();
        Activity.Current = current;
    }

    private static Activity? StartSpan(Effect.IssueDirective directive, Lease lease, Activity? current)
    {
        ActivityLink[] links = [];
        if (!ActivityContext.TryParse(lease.TraceParent, traceState: null, out var parent))
            parent = current?.Context ?? default;
        else if (current is not null && current.TraceId != parent.TraceId)
            links = [new ActivityLink(current.Context)];
        var span = GatewayTelemetry.Source.StartActivity(GatewayTelemetry.Spans.DirectiveIssue, ActivityKind.Producer, parent, tags: null, links);
        return span?
            .SetTag(GatewayTelemetry.Attributes.LeaseId, lease.Id.Value)
            .SetTag(GatewayTelemetry.Attributes.VmId, lease.VmId)
            .SetTag(GatewayTelemetry.Attributes.Execution, directive.Execution.ToString())
            .SetTag(GatewayTelemetry.Attributes.Reason, directive.Reason.ToString())
            .SetTag(GatewayTelemetry.Attributes.TransactionHash, directive.Evidence?.TransactionHash?.ToString());
    }
}

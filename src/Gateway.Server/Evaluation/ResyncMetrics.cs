using System.Diagnostics.Metrics;
using Gateway.Domain.Accounts;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Evaluation;

/// <summary>What had got lost on its way when it was made good. Names are tags of metrics.</summary>
internal enum ResyncCause
{
    Unspecified = 0,

    /// <summary>A flow was not where it should be, and settlement took it for finished: a mark was lost, or a node's word was wrong.</summary>
    Mark = 1,

    /// <summary>The same, since somebody else has changed the flow.</summary>
    External = 2,

    /// <summary>The watcher had passed the block of a change that nobody had looked at: a log was lost, or the look that it called for.</summary>
    Log = 3,

    /// <summary>The same, found seconds later by asking every endpoint again, before any audit.</summary>
    Rescan = 4,
}

/// <summary>Repairs of the audit and of the re-scan: whatever is counted here, hints should have brought. Zero is how it should be.</summary>
internal sealed class ResyncMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _repairs = meters.Create(GatewayTelemetry.SourceName)
        .CreateCounter<long>(GatewayTelemetry.Instruments.ResyncRepairs, "{repair}", "What the audit and the re-scan had to make good, by what had got lost.");

    public void Repaired(ResyncCause cause) => _repairs.Add(1, new KeyValuePair<string, object?>("cause", cause.ToString()));

    /// <summary>Flows that a look marked again although nothing about them was wanted otherwise. What waited for a grant that is back was not lost.</summary>
    public void Marked(Account before, Account after)
    {
        if (before.Health?.Grant != after.Health?.Grant)
            return;
        foreach (var flow in after.Flows.Values)
        {
            if (before.Flows.TryGetValue(flow.Payee, out var former) && flow.Generation > former.Generation && flow.Desired == former.Desired)
                Repaired(flow.Observed.LastUpdated == former.Observed.LastUpdated ? ResyncCause.Mark : ResyncCause.External);
        }
    }
}

using System.Diagnostics.Metrics;
using Gateway.Domain.Leases;

namespace Gateway.Server.Telemetry;

/// <summary>What happened to leases and directives, in numbers. One method per event.</summary>
/// <remarks>Tags are enums only: an address, a lease or a hash as a tag would make one time series each.</remarks>
internal sealed class GatewayMetrics
{
    private readonly Counter<long> _transitions;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _issued;
    private readonly Counter<long> _delivered;
    private readonly Histogram<double> _delivery;
    private readonly Histogram<double> _report;
    private readonly Histogram<double> _clock;
    private readonly UpDownCounter<long> _watchers;
    private readonly Histogram<double> _steps;

    public GatewayMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(GatewayTelemetry.SourceName);
        _transitions = meter.CreateCounter<long>(GatewayTelemetry.Instruments.LeaseTransitions, "{transition}", "Changes of a lease's state.");
        _refusals = meter.CreateCounter<long>(GatewayTelemetry.Instruments.LeaseRefusals, "{refusal}", "Requests refused for the payer's, the payee's or the chain's sake.");
        _issued = meter.CreateCounter<long>(GatewayTelemetry.Instruments.DirectiveIssued, "{directive}", "Directives written to the log.");
        _delivered = meter.CreateCounter<long>(GatewayTelemetry.Instruments.DirectiveDelivered, "{directive}", "Directives sent to a watching scheduler.");
        _delivery = meter.CreateHistogram<double>(GatewayTelemetry.Instruments.DirectiveDeliveryDuration, "s", "From issuing to sending, first deliveries only.");
        _report = meter.CreateHistogram<double>(GatewayTelemetry.Instruments.DirectiveReportDuration, "s", "From issuing to the scheduler's report.");
        _clock = meter.CreateHistogram<double>(
            GatewayTelemetry.Instruments.ReportOffset, "s", "By how much the instant of an execution report is behind our clock when it comes, or ahead of it.");
        _watchers = meter.CreateUpDownCounter<long>(GatewayTelemetry.Instruments.DirectiveWatchers, "{watcher}", "Schedulers that watch directives now.");
        _steps = meter.CreateHistogram<double>(GatewayTelemetry.Instruments.StepDuration, "s", "One run of a worker's step.");
    }

    public void LeaseMoved(LeaseState from, LeaseState to, Reason reason) => _transitions.Add(1, Tag("from", from), Tag("to", to), Tag("reason", reason));

    public void Refused(string reason) => _refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void DirectiveIssued(Execution execution, Reason reason) => _issued.Add(1, Tag("execution", execution), Tag("reason", reason));

    public void DirectiveDelivered(Execution execution, bool again, TimeSpan sinceIssued)
    {
        _delivered.Add(1, Tag("execution", execution), new KeyValuePair<string, object?>("again", again));
        if (!again)
            _delivery.Record(Math.Max(0, sinceIssued.TotalSeconds), Tag("execution", execution));
    }

    public void DirectiveReported(Execution execution, TimeSpan sinceIssued) => _report.Record(Math.Max(0, sinceIssued.TotalSeconds), Tag("execution", execution));

    /// <param name="ahead">Negative: the report is that late, or its clock that far behind. Nobody can tell the two apart.</param>
    public void ExecutionReported(TimeSpan ahead) =>
        _clock.Record(Math.Abs(ahead.TotalSeconds), new KeyValuePair<string, object?>("direction", ahead > TimeSpan.Zero ? "ahead" : "behind"));

    public void WatcherCame() => _watchers.Add(1);

    public void WatcherWent() => _watchers.Add(-1);

    /// <param name="step">A worker's fixed name.</param>
    public void StepRan(string step, TimeSpan duration, bool failed) =>
        _steps.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("step", step), new KeyValuePair<string, object?>("failed", failed));

    private static KeyValuePair<string, object?> Tag<TEnum>(string key, TEnum value)
        where TEnum : struct, Enum => new(key, Enum.GetName(value));
}

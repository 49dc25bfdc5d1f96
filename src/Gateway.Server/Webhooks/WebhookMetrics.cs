using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Webhooks;

/// <summary>What became of one delivery. Names are tags of metrics.</summary>
internal enum WebhookOutcome
{
    Unspecified = 0,
    Delivered = 1,

    /// <summary>Not taken, and tried again later.</summary>
    Failed = 2,
    GivenUp = 3,
}

/// <summary>Events told by HTTP, counted by their fixed types.</summary>
internal sealed class WebhookMetrics
{
    private readonly Counter<long> _deliveries;
    private long _waiting;

    public WebhookMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(GatewayTelemetry.SourceName);
        _deliveries = meter.CreateCounter<long>(GatewayTelemetry.Instruments.WebhookDeliveries, "{delivery}", "Deliveries of events by HTTP, by what became of them.");
        meter.CreateObservableGauge(GatewayTelemetry.Instruments.WebhookPending, () => Volatile.Read(ref _waiting), "{event}", "Events that nobody has taken yet.");
    }

    public void Delivered(string type, WebhookOutcome outcome) =>
        _deliveries.Add(1, new KeyValuePair<string, object?>("type", type), new KeyValuePair<string, object?>("outcome", outcome.ToString()));

    public void Waiting(long events) => Volatile.Write(ref _waiting, events);
}

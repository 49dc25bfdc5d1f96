using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Tests.Hosting;

/// <summary>What the audit of one gateway had to make good. Where nothing is made to get lost there is nothing, or something has a defect.</summary>
internal sealed class Repairs : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _causes = new();

    public Repairs(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == GatewayTelemetry.Instruments.ResyncRepairs && ReferenceEquals(instrument.Meter.Scope, meters))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _causes.Enqueue($"{tags[0].Value}"));
        _listener.Start();
    }

    public IEnumerable<string> Causes => _causes;

    public void Dispose() => _listener.Dispose();
}

using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Watching;

/// <summary>How closely the chain is followed, in numbers.</summary>
internal sealed class WatchMetrics
{
    private long _behind;
    private int _stalled;

    public WatchMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(GatewayTelemetry.SourceName);
        meter.CreateObservableGauge(
            GatewayTelemetry.Instruments.WatcherLag, () => Volatile.Read(ref _behind), "{block}", "Blocks that an endpoint has shown and that were not taken over yet.");
        meter.CreateObservableGauge(
            GatewayTelemetry.Instruments.WatcherStalled, () => Volatile.Read(ref _stalled), "{watcher}", "1 while what was shown long ago has not been taken over.");
    }

    public void Follows(ulong behind, bool isStalled)
    {
        Volatile.Write(ref _behind, (long)Math.Min(behind, long.MaxValue));
        Volatile.Write(ref _stalled, isStalled ? 1 : 0);
    }
}

using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Rebuilding;

/// <summary>What the journal on chain brought back, and what it could not explain.</summary>
internal sealed class RebuildMetrics
{
    private readonly Counter<long> _leases;

    private long? _orphans;
    private long? _failed;

    public RebuildMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(GatewayTelemetry.SourceName);
        _leases = meter.CreateCounter<long>(GatewayTelemetry.Instruments.RebuildLeases, "{lease}", "Leases that a lost Redis had forgotten: restored from the journal, or held since it contradicts.");
        meter.CreateObservableGauge(
            GatewayTelemetry.Instruments.RebuildOrphans,
            () => _orphans is { } orphans ? [new Measurement<long>(orphans)] : Array.Empty<Measurement<long>>(),
            "{flow}",
            "Flows by our hand that no lease explained when the journal was last read.");
        meter.CreateObservableGauge(
            GatewayTelemetry.Instruments.RebuildFailedAccounts,
            () => _failed is { } failed ? [new Measurement<long>(failed)] : Array.Empty<Measurement<long>>(),
            "{account}",
            "Accounts with operations of ours that could not be restored when the journal was last read.");
    }

    public void Restored(int restored, int held)
    {
        _leases.Add(restored, new KeyValuePair<string, object?>("what", "restored"));
        _leases.Add(held, new KeyValuePair<string, object?>("what", "held"));
    }

    public bool IsShown => _orphans is not null;

    /// <summary>Nothing is missing any more, or another process knows it.</summary>
    public void Clear() => (_orphans, _failed) = (null, null);

    public void Show(long orphans, long failed) => (_orphans, _failed) = (orphans, failed);
}

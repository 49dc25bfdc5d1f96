using System.Diagnostics.Metrics;
using System.Numerics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Evaluation;

/// <summary>How far streams are from meters, and what is done about it.</summary>
internal sealed class DriftMetrics
{
    private readonly Counter<long> _corrections;
    private readonly LargestOfLately _largest;

    public DriftMetrics(IMeterFactory meters, TimeProvider time)
    {
        _largest = new LargestOfLately(time);
        var meter = meters.Create(GatewayTelemetry.SourceName);
        _corrections = meter.CreateCounter<long>(GatewayTelemetry.Instruments.FlowCorrections, "{correction}", "Flows that were wanted otherwise for their drift: trimmed, kept for what is owed, or no longer either.");
        meter.CreateObservableGauge(GatewayTelemetry.Instruments.FlowDriftMax, _largest.Read, "s", "The largest drift of any flow in the last minute or two, either way, as time at what its leases cost when they run.");
    }

    public void Stored(AccountBook before, AccountBook after)
    {
        foreach (var flow in after.Account.Flows.Values)
        {
            var former = before.Account.Flows.GetValueOrDefault(flow.Payee)?.Correction ?? FlowCorrection.None;
            if (former.Trim != flow.Correction.Trim)
                Count(flow.Correction.Trim.IsNone ? "untrimmed" : "trimmed");
            if ((former.Kept is null) != (flow.Correction.Kept is null))
                Count(flow.Correction.Kept is null ? "let go" : "kept");
            // A flow under VMs that rest carries next to nothing: what its leases cost when they run is the measure.
            if (after.Account.Health is { } health && Drift.Of(after, flow, health.At) is { IsCertain: true } drift
                && FlowRate.Larger(after.LegsOf(flow.Payee), drift.Leg) is { IsZero: false } worth)
                _largest.Tell((double)drift.Amount.Magnitude.Value / ((double)(BigInteger)worth.WeiPerSecond * 1000));
        }
    }

    private void Count(string what) => _corrections.Add(1, new KeyValuePair<string, object?>("what", what));
}

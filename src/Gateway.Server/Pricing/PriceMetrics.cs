using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Pricing;

/// <summary>Price lists, in numbers. A version is no tag: each would be a time series.</summary>
internal sealed class PriceMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _loads;

    public PriceMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(GatewayTelemetry.SourceName);
        _loads = _meter.CreateCounter<long>(GatewayTelemetry.Instruments.PriceListLoads, "{load}", "Changed price lists, by what became of them.");
    }

    public void Watch(PriceLists lists) => _meter.CreateObservableGauge(
        GatewayTelemetry.Instruments.PriceListRejected, () => lists.Problems.Count > 0 ? 1 : 0, "{list}", "1 while the file of the price list is not the one in force.");

    public void Looked(PriceListOutcome outcome) => _loads.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString()));
}

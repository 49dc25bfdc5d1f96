using System.Diagnostics.Metrics;
using Gateway.Server.Pricing.Usd;
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

    /// <remarks>Tokens come from the configuration: a bounded set.</remarks>
    public void Watch(IEnumerable<UsdPriceSource> sources, TimeProvider time)
    {
        _meter.CreateObservableGauge(
            GatewayTelemetry.Instruments.PricesStale, () => sources.Select(s => Of(s, s.Stale is null ? 0 : 1)), "{source}", "1 for a token whose worth in dollars is too old to price anything new.");
        _meter.CreateObservableGauge(
            GatewayTelemetry.Instruments.PricesAge,
            () => sources.Where(s => s.At is not null).Select(s => Of(s, (time.GetUtcNow() - s.At!.Value).TotalSeconds)), // Not null: just asked.
            "s",
            "Since when the worth in dollars of each token is true.");
    }

    public void Looked(PriceListOutcome outcome) => _loads.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString()));

    private static Measurement<T> Of<T>(UsdPriceSource source, T value)
        where T : struct => new(value, new KeyValuePair<string, object?>("token", source.Symbol));
}

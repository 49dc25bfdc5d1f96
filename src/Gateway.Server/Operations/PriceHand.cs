using Gateway.Server.Leases.Validation;
using Gateway.Server.Pricing;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>The price list, as whoever is on call sees and renews it.</summary>
internal sealed class PriceHand(PriceLists lists, Reprice reprice, LeaseRules rules)
{
    public Wire.Prices Read(bool changed = false) => new()
    {
        Version = lists.Current?.Version ?? "",
        Plans = { lists.Current?.Plans.Keys ?? [] },
        Problems = { lists.Problems },
        Changed = changed,
    };

    public Wire.Prices Reload() => Read(changed: lists.Reload() == PriceListOutcome.Taken);

    public Task RepriceAsync(Wire.RepriceLeasesRequest request, Func<Wire.RepriceProgress, Task> tell, CancellationToken cancellationToken) =>
        reprice.RunAsync(RepriceOrder.Read(request, rules), tell, cancellationToken);
}

/// <summary>What of the gateway is moved by hand.</summary>
internal sealed record OperatorHands(BreakerHand Breakers, SettlementHand Lane, PriceHand Prices);

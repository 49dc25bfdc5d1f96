using Gateway.Server.Leases.Validation;
using Gateway.Server.Pricing;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>The price list, as whoever is on call sees and renews it.</summary>
internal sealed class PriceHand(PriceBook book, Reprice reprice, LeaseRules rules)
{
    public Wire.Prices Read(bool changed = false) => new()
    {
        Version = book.Current?.Version ?? "",
        Plans = { book.Current?.Plans.Keys ?? [] },
        Problems = { book.Lists.Problems },
        Changed = changed,
    };

    /// <summary>Takes over the file, and believes what the sources of dollars say now: somebody has looked.</summary>
    public async Task<Wire.Prices> ReloadAsync(CancellationToken cancellationToken)
    {
        var outcome = await book.Lists.ReloadAsync(cancellationToken);
        await book.Usd.BelieveAsync(cancellationToken);
        return Read(changed: outcome == PriceListOutcome.Taken);
    }

    public Task RepriceAsync(Wire.RepriceLeasesRequest request, Func<Wire.RepriceProgress, Task> tell, CancellationToken cancellationToken) =>
        reprice.RunAsync(RepriceOrder.Read(request, rules), tell, cancellationToken);
}

/// <summary>What of the gateway is moved by hand.</summary>
internal sealed record OperatorHands(BreakerHand Breakers, SettlementHand Lane, PriceHand Prices);

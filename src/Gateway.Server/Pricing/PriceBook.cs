using Gateway.Domain.Pricing;
using Gateway.Server.Pricing.Usd;

namespace Gateway.Server.Pricing;

/// <summary>All that says what VMs cost at this moment.</summary>
internal sealed record PriceBook(PriceLists Lists, UsdPrices Usd)
{
    /// <summary>Null where no list is configured.</summary>
    public PriceList? Current => Lists.Current;
}

using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Pricing;

namespace Gateway.Domain.Tests.Pricing;

/// <summary>Price lists before a test.</summary>
internal static class GivenPrices
{
    public static readonly Address Aleph = Any.AddressOf(0xa1);

    public static readonly Address Usdc = Any.AddressOf(0xa2);

    public static HourlyPrice Tokens(string text) => HourlyPrice.TryParseTokens(text, out var price) ? price : throw new FormatException(text);

    public static Component Component(string unit, string price, string included = "0", string? maximum = null, bool whilePaused = false) => new()
    {
        Unit = unit,
        Prices = ImmutableDictionary<Address, HourlyPrice>.Empty.Add(Aleph, Tokens(price)),
        Included = Quantity.Parse(included),
        Maximum = maximum is null ? null : Quantity.Parse(maximum),
        CostsWhilePaused = whilePaused,
    };

    /// <summary>A list of one plan.</summary>
    public static PriceList ListOf(params Component[] components) => new(
        "v1",
        ImmutableSortedDictionary.Create<string, Plan>(StringComparer.Ordinal)
            .Add("p", new Plan("p", components.ToImmutableSortedDictionary(c => c.Unit, c => c, StringComparer.Ordinal), Split: null)),
        Split: null);

    public static Resources Of(params (string Unit, string Quantity)[] quantities) =>
        Resources.Of("p", quantities.Select(q => KeyValuePair.Create(q.Unit, Quantity.Parse(q.Quantity))));
}

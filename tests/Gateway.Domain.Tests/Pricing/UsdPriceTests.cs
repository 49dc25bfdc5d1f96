using System.Globalization;
using System.Numerics;
using CsCheck;
using Gateway.Domain.Pricing;
using Xunit;

namespace Gateway.Domain.Tests.Pricing;

public sealed class UsdPriceTests
{
    /// <summary>incidents.md §4.2: dollars and tokens agree only at one worth of the token.</summary>
    [Theory]
    [InlineData("0.01425", "1", "1", "3958333333333")]
    [InlineData("0.01425", "12", "1", "47500000000000")]
    [InlineData("0.01425", "1", "0.26", "15224358974358")]
    [InlineData("0.000000179767489", "20480", "0.26", "3933374118290")]
    [InlineData("3600", "1", "1000000", "1000000000000")]
    [InlineData("0.0000000000000036", "1", "1.000000000000000001", "0")]
    public void Dollars_are_turned_into_wei_and_rounded_down_once(string usd, string quantity, string worth, string rate)
    {
        var list = GivenPrices.ListOf(Dollars("cu", usd), GivenPrices.Component("one_wei", "0.0000000000000036"));

        var (price, problems) = Pricer.Price(list, GivenPrices.Of(("cu", quantity), ("one_wei", "1")), GivenPrices.Aleph, Worth(worth));

        Assert.Empty(problems);
        Assert.Equal((BigInteger.Parse(rate, CultureInfo.InvariantCulture) + 1, true), ((BigInteger)price!.Rate.WeiPerSecond, price.IsByWorth));
    }

    [Fact]
    public void A_price_in_the_token_itself_goes_before_one_in_dollars_and_asks_nobody()
    {
        var list = GivenPrices.ListOf(GivenPrices.Component("cu", "0.055") with { Usd = Usd("1000") });

        var (price, _) = Pricer.Price(list, GivenPrices.Of(("cu", "1")), GivenPrices.Aleph);

        Assert.Equal(("15277777777777", false), (price!.Rate.ToDecimal(), price.IsByWorth));
    }

    [Fact]
    public void Without_a_worth_only_what_is_priced_in_dollars_cannot_be_priced()
    {
        var list = GivenPrices.ListOf(Dollars("cu", "1"), GivenPrices.Component("mib", "1"));

        var problem = Assert.Single(Pricer.Price(list, GivenPrices.Of(("cu", "1"), ("mib", "1")), GivenPrices.Aleph).Problems);

        Assert.Equal((PriceProblemCode.WorthUnknown, "cu"), (problem.Code, problem.Component));
        Assert.NotNull(Pricer.Price(list, GivenPrices.Of(("mib", "1")), GivenPrices.Aleph).Price);
    }

    [Fact]
    public void A_dearer_token_never_costs_more_of_it_and_the_exact_price_is_missed_by_less_than_a_wei() =>
        Gen.Select(Any.Unsigned(60), Gen.ULong[0, 1_000_000], Any.Unsigned(70), Any.Unsigned(60)).Sample((usd, quantity, atto, more) =>
        {
            var price = Usd(Gateway.Domain.Money.ExactDecimal.Format(usd, 18));
            var (worth, dearer) = (UsdWorth.Scaled(atto + 1, 18)!, UsdWorth.Scaled(atto + 1 + more, 18)!); // Above 0.

            var rate = price.PerSecond(Quantity.Of(quantity), worth);

            Assert.True(price.PerSecond(Quantity.Of(quantity), dearer) <= rate);
            var exact = usd * quantity * BigInteger.Pow(10, 18);
            Assert.True(rate * worth.Atto * 3600 <= exact && (rate + 1) * worth.Atto * 3600 > exact);
        });

    [Theory]
    [InlineData("26012345", 8, "260123450000000000")]
    [InlineData("1", 18, "1")]
    [InlineData("1999", 21, "1")]
    [InlineData("0", 8, null)]
    [InlineData("-5", 8, null)]
    [InlineData("999", 21, null)]
    [InlineData("1000000000000000001", 0, null)]
    public void An_aggregators_figure_is_scaled_or_is_none(string figure, int decimals, string? atto) =>
        Assert.Equal(atto, UsdWorth.Scaled(BigInteger.Parse(figure, CultureInfo.InvariantCulture), decimals)?.Atto.ToString(CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("1", "1.25", false)]
    [InlineData("1", "1.250000000000000001", true)]
    [InlineData("1", "0.75", false)]
    [InlineData("1", "0.749999999999999999", true)]
    public void A_jump_is_measured_in_millionths_of_what_was_believed(string last, string next, bool isFurther) =>
        Assert.Equal(isFurther, Worth(next).IsFurtherThan(250_000, Worth(last)));

    private static Component Dollars(string unit, string usd) =>
        GivenPrices.Component(unit, "0") with { Prices = System.Collections.Immutable.ImmutableDictionary<Gateway.Domain.Identity.Address, HourlyPrice>.Empty, Usd = Usd(usd) };

    private static UsdHourlyPrice Usd(string text) => UsdHourlyPrice.TryParse(text, out var price) ? price : throw new FormatException(text);

    private static UsdWorth Worth(string text) => UsdWorth.TryParse(text, out var worth) ? worth : throw new FormatException(text);
}

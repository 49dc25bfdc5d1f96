using System.Globalization;
using System.Numerics;
using CsCheck;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Xunit;

namespace Gateway.Domain.Tests.Pricing;

public sealed class PriceValuesTests
{
    [Theory]
    [InlineData("0.055", "55000000000000000")]
    [InlineData("0", "0")]
    [InlineData("0.0", "0")]
    [InlineData("12", "12000000000000000000")]
    [InlineData("0.000000000000000001", "1")]
    [InlineData("1000000000000", "1000000000000000000000000000000")]
    public void A_price_as_people_write_it_is_exact_to_the_wei(string text, string wei)
    {
        Assert.True(HourlyPrice.TryParseTokens(text, out var price));
        Assert.Equal(BigInteger.Parse(wei, CultureInfo.InvariantCulture), price.WeiPerHour);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("00.5")]
    [InlineData("1e3")]
    [InlineData("1,5")]
    [InlineData(" 1")]
    [InlineData("1.٣")]
    [InlineData("0.0000000000000000001")]
    [InlineData("1000000000000.000000000000000001")]
    [InlineData("99999999999999999999999999999999999999999999999999999999999999999999")]
    public void Anything_else_is_no_price(string? text) => Assert.False(HourlyPrice.TryParseTokens(text, out _));

    [Fact]
    public void Every_wei_has_a_text_that_is_read_back() => Any.Unsigned(99).Sample(wei =>
        ExactDecimal.TryParse(ExactDecimal.Format(wei, ExactDecimal.Places), ExactDecimal.Places, out var read) && read == wei);

    [Theory]
    [InlineData("0", 0ul)]
    [InlineData("20480", 20_480ul)]
    [InlineData("1000000000000000000", 1_000_000_000_000_000_000ul)]
    public void A_quantity_is_a_whole_number(string text, ulong units) => Assert.Equal(units, Quantity.Parse(text).Units);

    [Theory]
    [InlineData("")]
    [InlineData("1.5")]
    [InlineData("-1")]
    [InlineData("01")]
    [InlineData("1000000000000000001")]
    [InlineData("99999999999999999999")]
    public void Anything_else_is_no_quantity(string text)
    {
        Assert.False(Quantity.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Quantity.Parse(text));
    }

    [Fact]
    public void Resources_are_equal_by_what_they_hold()
    {
        var left = Resources.Of("p", [KeyValuePair.Create("a", Quantity.Of(1)), KeyValuePair.Create("b", Quantity.Of(2))]);
        var right = Resources.Of("p", [KeyValuePair.Create("b", Quantity.Of(2)), KeyValuePair.Create("a", Quantity.Of(1))]);

        Assert.Equal(left, right);
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
        Assert.NotEqual(left, Resources.Of("q", left.Quantities));
        Assert.NotEqual(left, Resources.Of("p", [KeyValuePair.Create("a", Quantity.Of(1))]));
    }

    [Fact]
    public void A_default_split_gives_its_open_part_to_the_node()
    {
        var split = new DefaultSplit([new SplitPart(null, SharePpm.FromPpm(800_000), "node"), new SplitPart(Any.AddressOf(2), SharePpm.FromPpm(200_000), "community")]);

        Assert.True(split.NeedsNode);
        Assert.Equal([Any.AddressOf(1), Any.AddressOf(2)], split.With(Any.AddressOf(1)).Select(p => p.Address));
        Assert.Throws<ArgumentNullException>(() => split.With(node: (Address?)null));
    }
}

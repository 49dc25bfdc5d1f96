using System.Globalization;
using CsCheck;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Money;

public sealed class FlowRateTests
{
    private const string Int96Max = "39614081257132168796771975167";

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("385802469135802")]
    [InlineData(Int96Max)]
    public void Canonical_decimals_up_to_int96_are_rates(string text)
    {
        Assert.True(FlowRate.TryParse(text, out var rate));
        Assert.Equal(text, rate.ToDecimal());
        Assert.Equal(text + " wei/s", rate.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("-0")]
    [InlineData("01")]
    [InlineData("00")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("0x1")]
    [InlineData("1_000")]
    [InlineData("1,000")]
    [InlineData("١")]
    [InlineData("39614081257132168796771975168")]
    [InlineData("99999999999999999999999999999")]
    [InlineData("100000000000000000000000000000000000000000000000000000000000000000000000000000")]
    public void Everything_else_is_not(string? text)
    {
        Assert.False(FlowRate.TryParse(text, out var rate));
        Assert.Equal(FlowRate.Zero, rate);
        Assert.Throws<FormatException>(() => FlowRate.Parse(text!));
    }

    [Fact]
    public void Its_range_is_that_of_a_flow_in_int96()
    {
        Assert.Equal(Int96Max, FlowRate.Max.ToDecimal());
        Assert.Throws<ArgumentOutOfRangeException>(() => FlowRate.FromWeiPerSecond(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FlowRate.FromWeiPerSecond(FlowRate.Max.WeiPerSecond + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FlowRate.Max + FlowRate.FromWeiPerSecond(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FlowRate.Zero - FlowRate.FromWeiPerSecond(1));
        Assert.Equal(FlowRate.Zero, default);
        Assert.True(FlowRate.Zero.IsZero);
    }

    [Fact]
    public void It_round_trips_and_keeps_its_order() => Gen.Select(Any.Rate(), Any.Rate()).Sample((a, b) =>
    {
        Assert.Equal(a, FlowRate.Parse(a.ToDecimal()));
        var byValue = a.WeiPerSecond.CompareTo(b.WeiPerSecond);
        Assert.Equal(Math.Sign(byValue), Math.Sign(a.CompareTo(b)));
        Assert.Equal((byValue < 0, byValue <= 0, byValue > 0, byValue >= 0), (a < b, a <= b, a > b, a >= b));
        Assert.Equal(byValue > 0 ? a - b : FlowRate.Zero, a.MinusFloored(b));
        Assert.Equal(byValue < 0 ? a : b, FlowRate.Min(a, b));
        Assert.Equal(byValue > 0 ? a : b, FlowRate.Larger(a, b));
    });

    [Fact]
    public void A_rate_over_seconds_is_an_amount() => Gen.Select(Any.Rate(), Gen.ULong).Sample((rate, seconds) =>
        Assert.Equal((System.Numerics.BigInteger)rate.WeiPerSecond * seconds, rate.Over(seconds).Wei));

    [Fact]
    public void Its_text_does_not_depend_on_a_culture() =>
        Assert.Equal(385802469135802.ToString(CultureInfo.InvariantCulture), FlowRate.FromWeiPerSecond(385802469135802).ToDecimal());
}

using System.Numerics;
using CsCheck;
using Gateway.Domain.Money;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Money;

public sealed class AmountTests
{
    private static readonly BigInteger Int256Max = (BigInteger.One << 255) - 1;
    private static readonly BigInteger Uint256Max = (BigInteger.One << 256) - 1;

    [Fact]
    [Incident("1.5.3")]
    public void No_unit_of_money_becomes_another_one_or_a_plain_number_by_itself()
    {
        Type[] units = [typeof(TokenAmount), typeof(FlowRate), typeof(NetFlowRate), typeof(MilliWei), typeof(Wei)];
        var conversions = units.SelectMany(u => u.GetMethods()).Where(m => m.Name is "op_Implicit" or "op_Explicit");
        var mixing = units.SelectMany(u => u.GetMethods().Where(m => m.Name is "op_Addition" or "op_Subtraction" && m.GetParameters().Any(p => p.ParameterType != u)));

        Assert.Empty(conversions);
        Assert.Empty(mixing);
    }

    [Fact]
    public void A_token_amount_is_int256()
    {
        Assert.Equal(Int256Max, TokenAmount.FromWei(Int256Max).Wei);
        Assert.Equal(-Int256Max - 1, TokenAmount.FromWei(-Int256Max - 1).Wei);
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenAmount.FromWei(Int256Max + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenAmount.FromWei(-Int256Max - 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenAmount.FromWei(Int256Max) + TokenAmount.FromWei(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => -TokenAmount.FromWei(-Int256Max - 1));
        Assert.True(TokenAmount.Zero.IsZero);
        Assert.Equal(TokenAmount.Zero, default);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("-1", true)]
    [InlineData("57896044618658097711785492504343953926634992332820282019728792003956564819967", true)]
    [InlineData("-57896044618658097711785492504343953926634992332820282019728792003956564819968", true)]
    [InlineData("57896044618658097711785492504343953926634992332820282019728792003956564819968", false)]
    [InlineData("-57896044618658097711785492504343953926634992332820282019728792003956564819969", false)]
    [InlineData("-0", false)]
    [InlineData("-01", false)]
    [InlineData("-", false)]
    [InlineData("--1", false)]
    [InlineData("+1", false)]
    [InlineData("01", false)]
    [InlineData("1.5", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("1157920892373161954235709850086879078532699846656405640394575840079131296399360", false)]
    public void Token_amounts_are_canonical_signed_decimals(string? text, bool isAmount)
    {
        Assert.Equal(isAmount, TokenAmount.TryParse(text, out var amount));
        if (isAmount)
            Assert.Equal((text, text + " wei"), (amount.ToDecimal(), amount.ToString()));
        else
            Assert.Throws<FormatException>(() => TokenAmount.Parse(text!));
    }

    [Fact]
    public void Token_amounts_add_up_and_round_trip() => Gen.Select(Any.SignedAmount(254), Any.SignedAmount(254)).Sample((a, b) =>
    {
        Assert.Equal(a, TokenAmount.Parse(a.ToDecimal()));
        Assert.Equal(a.Wei + b.Wei, (a + b).Wei);
        Assert.Equal(a, a + b - b);
        Assert.Equal(a.Wei.Sign < 0, a.IsNegative);
        Assert.Equal((a.Wei < b.Wei, a.Wei <= b.Wei, a.Wei > b.Wei, a.Wei >= b.Wei), (a < b, a <= b, a > b, a >= b));
        Assert.Equal(a.Wei > b.Wei ? a : b, TokenAmount.Larger(a, b));
    });

    [Fact]
    public void Native_wei_are_uint256_and_never_negative()
    {
        Assert.Equal(Uint256Max, Wei.From(Uint256Max).Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => Wei.From(Uint256Max + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Wei.From(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Wei.Zero - Wei.From(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Wei.From(Uint256Max) * 2);
        Assert.Throws<FormatException>(() => Wei.Parse("-1"));
        Assert.Throws<FormatException>(() => Wei.Parse("01"));
        Assert.Equal(Wei.From(25_000_000_000), Wei.FromGwei(25));
        Assert.Equal("25000000000 wei (native)", Wei.FromGwei(25).ToString());
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("1000000000", 1)]
    [InlineData("1000000001", 2)]
    public void Budgets_count_native_wei_in_nano_rounded_up(string wei, long nano) => Assert.Equal(nano, Wei.Parse(wei).ToNanoCeiling());

    [Theory]
    [InlineData("0", "0")]
    [InlineData("1", "0.000000000000000001")]
    [InlineData("-1", "-0.000000000000000001")]
    [InlineData("1500000000000000000", "1.5")]
    [InlineData("-30000000000000000000", "-30")]
    public void Amounts_are_told_to_people_in_whole_tokens(string wei, string tokens) => Assert.Equal(tokens, TokenAmount.Parse(wei).ToTokens());

    [Fact]
    public void Native_wei_round_trip() => Any.Unsigned(256).Select(Wei.From).Sample(wei => Assert.Equal(wei, Wei.Parse(wei.ToDecimal())));

    [Theory]
    [InlineData("0", "0")]
    [InlineData("999", "0")]
    [InlineData("1000", "1")]
    [InlineData("1999", "1")]
    [InlineData("-1", "-1")]
    [InlineData("-1000", "-1")]
    [InlineData("-1001", "-2")]
    public void Thousandths_of_a_wei_are_rounded_down(string milliWei, string wei) =>
        Assert.Equal(wei, MilliWei.Parse(milliWei).FloorToWei().ToDecimal());

    [Fact]
    public void Use_is_rate_times_milliseconds_to_the_last_digit() => Gen.Select(Any.Rate(), Gen.Long[0, long.MaxValue]).Sample((rate, milliseconds) =>
    {
        var use = MilliWei.Of(rate, milliseconds);
        Assert.Equal((BigInteger)rate.WeiPerSecond * milliseconds, use.Value);
        Assert.Equal(use, MilliWei.Parse(use.ToDecimal()));
    });

    [Fact]
    public void Negative_time_has_no_use()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MilliWei.Of(FlowRate.Max, -1));
        Assert.Throws<FormatException>(() => MilliWei.Parse("-0"));
        Assert.Throws<FormatException>(() => MilliWei.Parse("1.0"));
    }

    [Fact]
    public void A_net_rate_drains_only_where_it_is_negative() => Any.Net().Sample(net =>
    {
        Assert.Equal(net, NetFlowRate.Parse(net.ToDecimal()));
        Assert.Equal(net.WeiPerSecond < 0 ? -net.WeiPerSecond : 0, net.Outflow.WeiPerSecond);
    });

    [Fact]
    public void Flows_in_and_out_move_a_net_rate() => Gen.Select(Any.Net(), Any.Rate(), Any.Rate()).Sample((net, into, outOf) =>
        Assert.Equal(net.WeiPerSecond + into.WeiPerSecond - outOf.WeiPerSecond, net.Plus(into).Minus(outOf).WeiPerSecond));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1_000_000, true)]
    [InlineData(1_000_001, false)]
    [InlineData(uint.MaxValue, false)]
    public void A_share_is_1_to_1000000_ppm(uint ppm, bool isShare)
    {
        if (isShare)
            Assert.Equal(ppm, SharePpm.FromPpm(ppm).Value);
        else
            Assert.Throws<ArgumentOutOfRangeException>(() => SharePpm.FromPpm(ppm));
    }
}

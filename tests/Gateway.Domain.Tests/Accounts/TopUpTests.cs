using System.Numerics;
using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

public sealed class TopUpTests
{
    private static readonly Gen<(TokenAmount Available, NetFlowRate Net, ulong Seconds)> Accounts =
        Gen.Select(Any.SignedAmount(200), Any.Net(), Gen.ULong[1, Runway.MaxSeconds - 1]);

    [Fact]
    public void A_target_runway_is_reached_and_never_less() => Accounts.Sample(a =>
    {
        var after = a.Available + TopUp.ForRunway(a.Available, a.Net, a.Seconds);

        Assert.False(after.IsNegative);
        Assert.False(Solvency.BalanceAfter(after, a.Net, a.Seconds).IsNegative);
        Assert.False(Solvency.BalanceAfter(after, a.Net, a.Seconds / 2).IsNegative);
        Assert.True(Solvency.RunwayOf(after, a.Net, new BlockTime(1_795_000_000)) > Runway.FromSeconds(a.Seconds));
    });

    [Fact]
    public void Nothing_is_asked_for_that_is_not_needed() => Accounts.Sample(a =>
    {
        var added = TopUp.ForRunway(a.Available, a.Net, a.Seconds);
        if (added.IsZero)
            return;
        var oneLess = a.Available + added - TokenAmount.FromWei(1);

        Assert.True(oneLess.IsNegative || Solvency.BalanceAfter(oneLess, a.Net, a.Seconds).IsNegative);
    });

    [Theory]
    [InlineData(0, 0, 86_400, 0)] // Nothing flows.
    [InlineData(100, 5, 86_400, 0)] // More comes in than goes out.
    [InlineData(-100, 0, 1, 100)] // Critical without a flow: at least back to zero.
    [InlineData(-100, 60, 60, 100)] // Critical now, though it would recover.
    [InlineData(86_400, -1, 86_400, 0)] // Lasts exactly that long.
    [InlineData(86_399, -1, 86_400, 1)]
    [InlineData(10, -3, 100, 290)]
    public void What_is_missing_is_exact(long available, long net, ulong seconds, long expected) => Assert.Equal(
        TokenAmount.FromWei(expected), TopUp.ForRunway(TokenAmount.FromWei(available), NetFlowRate.FromWeiPerSecond(net), seconds));

    [Fact]
    public void A_wrap_gives_at_least_what_is_wanted_and_less_than_a_unit_more() => Gen.Select(Any.Amount(128), Gen.Int[0, 30]).Sample((wanted, decimals) =>
    {
        var wrap = TopUp.ToWrap(wanted, decimals);

        var unit = decimals < 18 ? BigInteger.Pow(10, 18 - decimals) : BigInteger.One;
        Assert.True(wrap.Amount >= wanted);
        Assert.True(wrap.Amount - wanted < TokenAmount.FromWei(unit));
        // SuperToken.sol, _toUnderlyingAmount: what the contract takes, and what it gives for that.
        var (underlying, adjusted) = decimals < 18
            ? (wrap.Amount.Wei / unit, wrap.Amount.Wei / unit * unit)
            : (wrap.Amount.Wei * BigInteger.Pow(10, decimals - 18), wrap.Amount.Wei);
        Assert.Equal((underlying, adjusted), (wrap.Units, wrap.Amount.Wei));
    });
}

using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Settlement;

public sealed class FeePolicyTests
{
    private static readonly Wei NoCeiling = Wei.FromGwei(1_000_000);

    [Fact]
    public void A_first_offer_survives_two_minutes_of_the_fastest_growth()
    {
        var offer = FeePolicy.Default.Offer(Wei.FromGwei(10), NoCeiling);

        Assert.Equal(Wei.FromGwei(40), offer?.MaxFeePerGas);
    }

    [Fact]
    public void Nothing_is_offered_above_the_ceiling() => Assert.Null(FeePolicy.Default.Offer(Wei.FromGwei(10), Wei.FromGwei(9)));

    [Fact]
    [Regression(7)]
    public void A_bump_raises_both_fields_by_ten_percent_and_strictly() =>
        Gen.Select(Gen.ULong[0, 1_000_000_000_000], Gen.ULong[0, 1_000_000_000], Gen.ULong[1, 300_000_000_000]).Sample((max, tip, baseFee) =>
        {
            var old = new FeeOffer(Wei.From(Math.Max(max, tip)), Wei.From(tip));
            var bumped = FeePolicy.Default.Bump(old, Wei.From(baseFee), NoCeiling);

            Assert.NotNull(bumped);
            Assert.True(bumped.MaxFeePerGas > old.MaxFeePerGas && bumped.MaxFeePerGas.Value * 10 >= old.MaxFeePerGas.Value * 11);
            Assert.True(bumped.MaxPriorityFeePerGas > old.MaxPriorityFeePerGas && bumped.MaxPriorityFeePerGas.Value * 10 >= old.MaxPriorityFeePerGas.Value * 11);
            Assert.True(bumped.MaxPriorityFeePerGas <= bumped.MaxFeePerGas);
        });

    [Fact]
    [Regression(43)]
    public void A_bump_that_the_ceiling_would_hold_under_ten_percent_is_not_made()
    {
        var old = new FeeOffer(Wei.FromGwei(100), Wei.From(50_000_000));

        Assert.Null(FeePolicy.Default.Bump(old, Wei.FromGwei(10), Wei.From(109_999_999_999)));
        Assert.NotNull(FeePolicy.Default.Bump(old, Wei.FromGwei(10), Wei.FromGwei(110)));
    }

    [Fact]
    public void What_loses_money_may_cost_more_than_what_can_wait()
    {
        var ceilings = FeeCeilings.Default;

        Assert.True(ceilings.For(Urgency.StopLoss) >= ceilings.For(Urgency.Open));
        Assert.True(ceilings.For(Urgency.Open) >= ceilings.For(Urgency.Trim));
    }

    [Fact]
    [Regression(44)]
    public void A_gas_limit_has_thirty_percent_of_headroom_and_never_twice_the_expected_use()
    {
        var bound = GasBound.Of(80_000_000, 50);

        Assert.Equal(390_000UL, GasPlan.Decide(300_000, 310_000, bound).Limit);
        Assert.Equal(620_000UL, GasPlan.Decide(600_000, 310_000, bound).Limit);
        Assert.Null(GasPlan.Decide(621_000, 310_000, bound).Limit);
        Assert.True(GasBound.Of(1_000_000_000, 100).Gas <= GasBound.MaxTransactionGas);
    }
}

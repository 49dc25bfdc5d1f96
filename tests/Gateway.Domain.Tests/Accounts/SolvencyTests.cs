using System.Numerics;
using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Tests.Vectors;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>Golden numbers of the real contracts, and what must hold for every account.</summary>
public sealed class SolvencyTests
{
    private static readonly TokenParameters Parameters = new(14400, 1800, TokenAmount.Zero);

    [Fact]
    public void Every_measured_deposit_is_predicted_to_the_wei()
    {
        var deposits = GoldenNumbers.Scenario["deposits"]!.AsArray();
        Assert.Equal(24, deposits.Count);
        Assert.All(deposits, d => Assert.Equal(d!.Amount("deposit"), BufferDeposit.StoredFor(d!.Rate("flowRate"), Parameters)));
    }

    [Theory]
    [InlineData("385802469135802", "0", "5555555556179050496", "5555555556179050496")]
    [InlineData("1", "0", "4294967296", "4294967296")]
    [InlineData("385802469135802", "7000000000000000000", "7000000000000000000", "6999999997521428480")]
    [InlineData("192901234567901", "20000000000000000000", "20000000000000000000", "19999999999667601408")]
    [InlineData("385802469135802", "69000000000000000000", "69000000000000000000", "68999999999497469952")]
    [InlineData("38580246913580246", "0", "555555555557775507456", "555555555557775507456")]
    public void A_minimum_deposit_is_quoted_whole_and_stored_truncated(string rate, string minimum, string quoted, string stored)
    {
        var parameters = Parameters with { MinimumDeposit = TokenAmount.Parse(minimum) };

        Assert.Equal(TokenAmount.Parse(quoted), BufferDeposit.EventFor(FlowRate.Parse(rate), parameters));
        Assert.Equal(TokenAmount.Parse(stored), BufferDeposit.StoredFor(FlowRate.Parse(rate), parameters));
    }

    [Fact]
    public void The_measured_account_is_critical_pleb_and_insolvent_at_the_seconds_that_were_seen()
    {
        var scenario = GoldenNumbers.Scenario;
        var start = scenario["timeline"]!.AsArray().First(v => v!.Seconds("t") == 1)!;
        var rates = scenario["scenario"]!;
        var net = default(NetFlowRate).Minus(rates.Rate("crnRate")).Minus(rates.Rate("comRate"));
        var (available, deposit, at) = (start.Amount("available"), start.Amount("deposit"), new BlockTime(1));

        Assert.Equal(new BlockTime(scenario.Seconds("first_critical")), Solvency.CriticalAt(available, net, at));
        Assert.Equal(new BlockTime(scenario.Seconds("first_not_patrician")), Solvency.PlebAt(available, deposit, net, at, Parameters));
        Assert.Equal(new BlockTime(scenario.Seconds("first_insolvent")), Solvency.InsolventAt(available, deposit, net, at));
    }

    [Fact]
    public void The_measured_timeline_is_predicted_from_its_first_second()
    {
        var scenario = GoldenNumbers.Scenario;
        var rates = scenario["scenario"]!;
        var net = default(NetFlowRate).Minus(rates.Rate("crnRate")).Minus(rates.Rate("comRate"));
        var timeline = scenario["timeline"]!.AsArray().Where(v => v!["label"]!.GetValue<string>().StartsWith("view at", StringComparison.Ordinal)).ToList();
        var first = timeline.First(v => v!.Seconds("t") == 1)!.Amount("available");

        Assert.All(timeline.Where(v => v!.Seconds("t") >= 1), view =>
        {
            var available = Solvency.BalanceAfter(first, net, view!.Seconds("t") - 1);
            Assert.Equal(view!.Amount("available"), available);
            var phase = Solvency.PhaseOf(available, view!.Amount("deposit"), Parameters);
            Assert.Equal(view!["critical"]!.GetValue<bool>(), phase != SolvencyPhase.Funded);
            Assert.Equal(view["solvent"]!.GetValue<bool>(), phase != SolvencyPhase.Insolvent);
        });
    }

    [Fact]
    public void What_the_payer_lost_at_each_measured_closing_is_predicted()
    {
        var file = GoldenNumbers.CloseCost;
        var (rate, deposit) = (file.Rate("flowRate"), file.Amount("deposit"));
        foreach (var measured in file["cases"]!.AsArray().Where(c => c!["ok"]!.GetValue<bool>()))
        {
            // 600 s of runway were funded; streamed money is gone whoever closes.
            var available = rate.Over(600) - measured!.Amount("streamedValue");
            var outcome = Liquidation.Close(available, deposit, deposit, Parameters);

            Assert.Equal(measured!.Amount("payerLostBeyondStream"), outcome.Forfeited);
        }
    }

    [Theory]
    [InlineData("0", 1, 1)]
    [InlineData("1", 1, 2)]
    [InlineData("994444444443820949504", 385802469135802, 2577600)]
    public void The_critical_second_is_the_first_below_zero(string available, long outflow, ulong expected) => Assert.Equal(
        new BlockTime(expected), Solvency.CriticalAt(TokenAmount.Parse(available), NetFlowRate.FromWeiPerSecond(-outflow), default));

    [Fact]
    public void The_second_before_the_critical_one_is_not_critical_and_the_critical_one_is() =>
        Gen.Select(Any.Amount(100), Any.PositiveRate(90)).Sample((available, outflow) =>
        {
            var net = default(NetFlowRate).Minus(outflow);
            if (Solvency.CriticalAt(available, net, default) is not { } critical)
                return; // Beyond what a block's time can hold.
            Assert.True(Solvency.BalanceAfter(available, net, critical.UnixSeconds).IsNegative);
            Assert.False(Solvency.BalanceAfter(available, net, critical.UnixSeconds - 1).IsNegative);
        });

    [Fact]
    public void An_account_that_does_not_drain_is_never_critical_by_itself() => Gen.Select(Any.Amount(100), Any.Rate(90)).Sample((available, inflow) =>
        Assert.Null(Solvency.CriticalAt(available, NetFlowRate.FromWeiPerSecond(inflow.WeiPerSecond), default)));

    [Fact]
    public void The_largest_rate_for_a_deposit_fits_and_the_next_one_does_not() =>
        Gen.Select(Any.Amount(94), Any.Parameters).Sample((deposit, parameters) =>
        {
            var rate = BufferDeposit.LargestRateFor(deposit, parameters);
            Assert.True(BufferDeposit.StoredFor(rate, parameters) <= deposit);
            if (rate < BufferDeposit.LargestRate(parameters))
                Assert.True(BufferDeposit.StoredFor(FlowRate.FromWeiPerSecond(rate.WeiPerSecond + 1), parameters) > deposit);
        });

    [Fact]
    public void Every_deposit_is_a_multiple_of_two_to_the_thirty_second() => Gen.Select(Any.Rate(80), Any.Parameters).Sample((rate, parameters) =>
        Assert.True((BufferDeposit.StoredFor(rate, parameters).Wei % (BigInteger.One << 32)).IsZero));
}

using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class SlotPolicyTests
{
    private static readonly TimeSpan BlockTime = TimeSpan.FromSeconds(2);
    private static readonly Wei Ceiling = Wei.FromGwei(300);
    private static readonly Wei BaseFee = Wei.FromGwei(10);
    private static readonly FeeOffer Comfortable = new(Wei.FromGwei(40), Wei.FromGwei(1));
    private static readonly FeeOffer Tight = new(Wei.FromGwei(15), Wei.FromGwei(1));

    [Fact]
    public void A_slot_without_an_attempt_is_released() => Assert.Equal(SlotMoveKind.Release, Next(attempt: null).Kind);

    [Fact]
    public void An_attempt_from_before_a_restart_is_sent_again_at_once() =>
        Assert.Equal(SlotMoveKind.Rebroadcast, Next(new AttemptAge(Comfortable, TimeSpan.FromSeconds(1), SinceSent: null, OutbidInPool: false)).Kind);

    [Fact]
    public void The_same_bytes_are_repeated_every_five_block_times()
    {
        Assert.Equal(SlotMoveKind.Wait, Next(Sent(Comfortable, age: 9.9, since: 9.9)).Kind);
        Assert.Equal(SlotMoveKind.Rebroadcast, Next(Sent(Comfortable, age: 10, since: 10)).Kind);
    }

    [Theory]
    [InlineData(0.2, 5)]
    [InlineData(2, 10)]
    [InlineData(12, 15)]
    public void The_interval_stays_between_5_and_15_seconds(double blockSeconds, int intervalSeconds) =>
        Assert.Equal(TimeSpan.FromSeconds(intervalSeconds), SlotPolicy.RebroadcastInterval(TimeSpan.FromSeconds(blockSeconds)));

    [Fact]
    public void A_price_that_may_be_too_low_within_30_seconds_is_looked_at_after_a_minute()
    {
        Assert.Equal(SlotMoveKind.Wait, Next(Sent(Tight, age: 59, since: 1)).Kind);
        Assert.Equal(SlotMoveKind.Bump, Next(Sent(Tight, age: 60, since: 1)).Kind);
    }

    [Fact]
    public void An_urgent_one_after_20_seconds() =>
        Assert.Equal(SlotMoveKind.Bump, Next(Sent(Tight, age: 20, since: 1), Urgency.StopLoss).Kind);

    [Fact]
    public void A_price_that_is_still_good_is_never_raised() =>
        Assert.Equal(SlotMoveKind.Rebroadcast, Next(Sent(Comfortable, age: 3600, since: 60)).Kind);

    [Theory]
    [InlineData(15_150_000_000, false)]
    [InlineData(15_149_999_999, true)]
    public void Underpriced_means_below_the_base_fee_of_30_seconds_of_full_blocks_plus_the_tip(long maxFee, bool underpriced) =>
        Assert.Equal(underpriced, SlotPolicy.IsUnderpriced(new FeeOffer(Wei.From(maxFee), Wei.FromGwei(1)), BaseFee));

    [Fact]
    [Regression(6)]
    public void An_attempt_outbid_in_a_pool_is_raised_after_one_interval()
    {
        Assert.Equal(SlotMoveKind.Wait, Next(Sent(Comfortable, age: 9, since: 1) with { OutbidInPool = true }).Kind);
        Assert.Equal(SlotMoveKind.Bump, Next(Sent(Comfortable, age: 10, since: 1) with { OutbidInPool = true }).Kind);
    }

    [Fact]
    public void At_the_ceiling_the_last_attempt_is_kept_alive_by_repetition()
    {
        var atCeiling = new FeeOffer(Ceiling, Wei.FromGwei(1));

        var move = SlotPolicy.Next(Sent(atCeiling, age: 600, since: 60), Urgency.Open, Wei.FromGwei(290), Ceiling, FeePolicy.Default, BlockTime);

        Assert.Equal(SlotMoveKind.Rebroadcast, move.Kind);
    }

    [Fact]
    public void A_bump_raises_both_fields_by_ten_per_cent_at_least()
    {
        var offer = Next(Sent(Tight, age: 60, since: 1)).Offer;

        Assert.NotNull(offer);
        Assert.True(offer.MaxFeePerGas.Value * 10 >= Tight.MaxFeePerGas.Value * 11);
        Assert.True(offer.MaxPriorityFeePerGas.Value * 10 >= Tight.MaxPriorityFeePerGas.Value * 11);
    }

    private static AttemptAge Sent(FeeOffer fee, double age, double since) =>
        new(fee, TimeSpan.FromSeconds(age), TimeSpan.FromSeconds(since), OutbidInPool: false);

    private static SlotMove Next(AttemptAge? attempt, Urgency urgency = Urgency.Open) =>
        SlotPolicy.Next(attempt, urgency, BaseFee, Ceiling, FeePolicy.Default, BlockTime);
}

using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class ChainPaceTests
{
    private readonly ChainPace _pace = new();

    [Fact]
    public void Before_two_blocks_were_seen_one_second_is_assumed()
    {
        See(100, 1000, 25);

        Assert.Equal(ChainPace.FirstGuess, _pace.BlockTime);
        Assert.Equal(Wei.FromGwei(25), _pace.HourlyBaseFee);
    }

    [Fact]
    public void The_block_time_is_measured_over_the_blocks_that_were_missed_too()
    {
        See(100, 1000, 25);
        See(110, 1030, 25);

        Assert.Equal(TimeSpan.FromSeconds(3), _pace.BlockTime);
    }

    [Fact]
    public void Several_blocks_of_one_second_are_fast_blocks()
    {
        See(100, 1000, 25);
        See(104, 1000, 25);

        Assert.Equal(TimeSpan.Zero, _pace.BlockTime);
    }

    [Fact]
    public void A_head_that_goes_backwards_teaches_nothing()
    {
        See(100, 1000, 25);
        See(102, 1004, 25);
        See(90, 2000, 900);

        Assert.Equal(TimeSpan.FromSeconds(2), _pace.BlockTime);
        Assert.Equal(Wei.FromGwei(25), _pace.HourlyBaseFee);
    }

    [Fact]
    public void A_spike_of_half_an_hour_moves_the_hourly_average_half_way()
    {
        See(100, 1000, 20);
        See(1000, 2800, 100);

        Assert.Equal(Wei.FromGwei(60), _pace.HourlyBaseFee);
    }

    [Fact]
    public void A_silence_of_a_day_replaces_the_average()
    {
        See(100, 1000, 20);
        See(101, 90_000, 100);

        Assert.Equal(Wei.FromGwei(100), _pace.HourlyBaseFee);
    }

    private void See(ulong number, ulong time, ulong gwei) => _pace.Saw(new BlockNumber(number), new BlockTime(time), Wei.FromGwei(gwei));
}

using Gateway.Server.Settlement;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>A wall clock that is set, as clocks are: what measures time by it must bear that.</summary>
public sealed class ClockJumpTests(ChainFixture chain, RedisFixture redis) : ProxiedLaneTest(chain, redis)
{
    [Theory]
    [Regression(47)]
    [InlineData(60)]
    [InlineData(-60)]
    public async Task A_wall_clock_that_jumps_a_minute_neither_loses_the_lane_nor_doubles_a_change(int seconds)
    {
        var payer = await OpenAsync();
        await StepAsync();
        var leader = await LeaderAsync();
        Time.Jump(TimeSpan.FromSeconds(seconds));

        Assert.NotEqual(StepResult.NotLeading, await StepAsync());
        await SettleAsync();
        Time.Jump(TimeSpan.FromSeconds(-seconds));
        await Lane.ResizeAsync("one", payer, Price + Price, Cancellation);
        Time.Jump(TimeSpan.FromSeconds(seconds));
        await SettleAsync();

        Assert.Equal(leader, await LeaderAsync());
        Assert.Equal([Price, Price + Price], await RatesAsync(payer));
        Assert.Equal(2UL, await ConsumedAsync());
        Assert.Equal(2, Sent.Count);
    }

    private async Task<string?> LeaderAsync()
    {
        string? leader = null;
        await Lane.DatabaseAsync(async d => leader = await d.StringGetAsync(Lane.Keys.Leader));
        return leader;
    }
}

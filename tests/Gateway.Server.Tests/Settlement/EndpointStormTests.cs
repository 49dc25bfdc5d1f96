using Gateway.Server.Settlement;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Endpoints that are of no use, all at once or one of them (chain-and-transactions.md §6).</summary>
public sealed class EndpointStormTests(ChainFixture chain, RedisFixture redis) : ProxiedLaneTest(chain, redis)
{
    [Fact]
    [Regression(46)]
    public async Task A_minute_of_too_many_requests_everywhere_is_sat_out_and_made_no_worse()
    {
        var payer = await OpenAsync();
        foreach (var proxy in Both)
            proxy.Faults.Always(FaultScript.Any, NodeFaults.TooManyRequests(TimeSpan.FromSeconds(60)));
        for (var second = 0; second < 59; second++)
        {
            Assert.Equal(StepResult.Troubled, await StepAsync());
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Contains(Lane.Troubles, t => t.Trouble == LaneTrouble.ChainSilent);
        // Each endpoint was asked once, and then left alone as it had asked for.
        Assert.All(Both, proxy => Assert.InRange(proxy.Faults.StruckInAll, 1, 2));
        foreach (var proxy in Both)
            proxy.Faults.Clear();
        Time.Advance(TimeSpan.FromSeconds(2));
        await SettleAsync();

        Assert.Empty(Lane.Troubles);
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(46)]
    public async Task Too_many_requests_while_a_transaction_is_under_way_make_no_second_one()
    {
        var payer = await OpenAsync();
        Everywhere(Both, Send, NodeFaults.TooManyRequests(TimeSpan.FromSeconds(60)));
        await StepAsync();
        Assert.Single((await OnlySlotAsync()).Attempts);
        Time.Advance(TimeSpan.FromSeconds(61));

        await SettleAsync();

        Assert.Single(Sent);
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(48)]
    public async Task An_endpoint_that_fails_over_to_another_chain_is_neither_read_from_nor_sent_to()
    {
        Second.Faults.Always("eth_chainId", NodeLies.Telling(_ => "0xa869"));
        Lane = await StartAsync();
        var payer = await OpenAsync();

        await SettleAsync();

        Assert.NotEmpty(First.Pool.Received);
        Assert.Empty(Second.Pool.Received);
        Assert.Equal(0, Second.Faults.Struck("eth_call"));
        await AssertPaidOnceAsync(payer);
    }

    [Theory]
    [Regression(37)]
    [InlineData(1)]
    [InlineData(20)]
    public async Task A_provider_whose_head_goes_backwards_after_a_failover_moves_nothing_back(uint blocks)
    {
        var payer = await OpenAsync();
        for (var i = 0; i < 20; i++)
            await MineAsync();
        await StepAsync();
        First.View.Behind = blocks;

        await SettleAsync();
        Second.View.Behind = blocks;
        await StepAsync();

        await AssertPaidOnceAsync(payer);
    }
}

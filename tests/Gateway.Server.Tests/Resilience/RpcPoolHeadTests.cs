using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Resilience;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

public sealed class RpcPoolHeadTests : PoolTest
{
    [Fact]
    public async Task The_head_is_the_highest_of_all_endpoints()
    {
        Second.Head = 103;

        Assert.Equal(103UL, await NumberAsync());
        Assert.Equal(103UL, await HeaderAsync());
    }

    [Fact]
    public async Task An_endpoint_that_does_not_answer_holds_up_the_head_only_for_a_moment()
    {
        var arrived = First.HangOn("eth_blockNumber");
        var number = NumberAsync();
        await arrived;
        await Time.PassAsync(PoolHead.Hedge);

        Assert.Equal(100UL, await number);
    }

    [Fact]
    public async Task News_that_nobody_tops_are_told_without_waiting_for_the_others()
    {
        Assert.Equal(100UL, await NumberAsync());
        _ = First.HangOn("eth_blockNumber");
        Second.Head = 101;

        Assert.Equal(101UL, await NumberAsync());
    }

    [Fact]
    [Regression(37)]
    public async Task A_head_that_goes_backwards_is_not_believed()
    {
        Second.Head = 103;
        Assert.Equal(103UL, await HeaderAsync());
        Second.Head = 101;

        Assert.Equal((103UL, 103UL), (await HeaderAsync(), await NumberAsync()));
        Assert.Equal(new BlockNumber(103), Pool.Endpoints[1].Head);
    }

    [Fact]
    [Regression(37)]
    public async Task When_the_best_endpoint_goes_down_the_head_stays_until_another_one_reaches_it()
    {
        Second.Head = 103;
        Assert.Equal(103UL, await HeaderAsync());
        Second.FailWith(502, "<html>");
        First.Head = 102;
        Assert.Equal(103UL, await HeaderAsync());

        First.Head = 104;
        Assert.Equal(104UL, await HeaderAsync());
    }

    [Fact]
    public async Task A_chain_that_was_set_back_is_believed_when_it_stays_there()
    {
        First.Head = Second.Head = 103;
        Assert.Equal(103UL, await HeaderAsync());
        First.Head = Second.Head = 90;

        for (var i = 1; i < HeadTracker.StubbornAnswers; i++)
        {
            Assert.Equal(103UL, await HeaderAsync());
            Time.Advance(HeadTracker.StubbornTime);
        }

        Assert.Equal(90UL, await HeaderAsync());
        Assert.Equal(new BlockNumber(90), Pool.Endpoints[0].Head);
    }

    [Fact]
    public async Task Of_two_blocks_of_one_height_the_one_of_the_first_endpoint_counts()
    {
        Second.Fork = 'f';

        var header = await Pool.GetLatestBlockAsync(Cancellation);
        Assert.EndsWith("0", header.Block.Hash.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_of_another_chain_is_none()
    {
        Second.ChainId = 1;
        Second.Head = 1_000_000;

        Assert.Equal((100UL, 100UL), (await NumberAsync(), await HeaderAsync()));
        Assert.Null(Pool.Endpoints[1].Head);
    }

    [Fact]
    public async Task Where_nobody_answers_there_is_no_head()
    {
        First.FailWith(502, "<html>");
        Second.FailWith(502, "<html>");

        await Assert.ThrowsAsync<RpcFailedException>(() => NumberAsync());
        await Assert.ThrowsAsync<RpcFailedException>(() => HeaderAsync());
    }

    private async Task<ulong> NumberAsync() => (await Pool.GetBlockNumberAsync(Cancellation)).Value;

    private async Task<ulong> HeaderAsync() => (await Pool.GetLatestBlockAsync(Cancellation)).Block.Number.Value;
}

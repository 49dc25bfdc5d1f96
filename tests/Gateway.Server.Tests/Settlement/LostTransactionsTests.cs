using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Transactions that nodes forget, outbid or take from somebody else who has the key (chain-and-transactions.md §6).</summary>
public sealed class LostTransactionsTests(ChainFixture chain, RedisFixture redis) : ProxiedLaneTest(chain, redis)
{
    [Fact]
    [Regression(6)]
    [Regression(8)]
    public async Task A_dearer_transaction_of_the_same_nonce_is_outbid_in_bounded_steps_that_coreth_takes()
    {
        var payer = await OpenAsync();
        // Twice our first offer, so that the first raises are not enough.
        await SendByAnotherAsync(nonce: 0, tip: Wei.From(100_000_000), feeCap: Wei.FromGwei(8));
        await StepAsync();
        for (var i = 0; i < 20 && Sent[^1].FeeCap < Wei.FromGwei(8).Value * 11 / 10; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(5));
            await StepAsync();
        }

        var attempts = (await OnlySlotAsync()).Attempts;
        Assert.InRange(attempts.Length, 3, 20);
        Assert.All(attempts.Zip(attempts.Skip(1)), pair => Assert.True(
            pair.Second.Batch.Fee.MaxFeePerGas.Value * 10 >= pair.First.Batch.Fee.MaxFeePerGas.Value * 11
            && pair.Second.Batch.Fee.MaxPriorityFeePerGas.Value * 10 >= pair.First.Batch.Fee.MaxPriorityFeePerGas.Value * 11));
        await SettleAsync();
        Assert.Equal("Own", await OutcomeAsync(0));
        await AssertPaidOnceAsync(payer);
    }

    /// <summary>Pools tell only how many there are: nobody can know whose it is.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_somebody_sent_by_hand_with_the_operators_key_is_left_alone_and_taken_back_only_where_redis_was_lost(bool isLost)
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        await StepAsync();
        await SendByAnotherAsync(nonce: 0, tip: Wei.From(50_000_000), feeCap: Wei.FromGwei(2));
        if (isLost)
            await Lane.DatabaseAsync(d => d.HashSetAsync(Lane.Keys.HighWater, "stamp", 0));
        await StepAsync();
        var known = await Lane.Lane.ReadHighWaterAsync(newestConsumed: null, Cancellation);
        await Lane.Lane.JournalReadAsync(new BlockNumber(1), known.QuietUntil, Cancellation);
        Time.Advance(LaneRecovery.Quiet + ForgottenNonces.Patience);
        await StepAsync();
        Time.Advance(ForgottenNonces.LookEvery);

        await StepAsync();
        var slots = (await Lane.Lane.OpenSlotsAsync(Cancellation)).Count;
        await SettleAsync();

        Assert.Equal((isLost ? 1 : 0, isLost ? 1 : 0), (slots, Sent.Count));
        Assert.Equal(isLost ? "Own" : null, await OutcomeAsync(0));
        await MineAsync();
        Assert.Equal(1UL, await ConsumedAsync());
    }

    [Fact]
    [Regression(9)]
    public async Task A_transaction_that_every_node_accepts_and_none_passes_on_is_sent_again_unchanged()
    {
        Everywhere(Both, Send, NodeFaults.AcceptedAndForgotten);
        var payer = await OpenAsync();
        await StepAsync();
        Assert.Empty(Sent);
        await MineAsync();
        Time.Advance(TimeSpan.FromSeconds(5));

        await StepAsync();

        Assert.Single(Sent);
        Assert.Single((await OnlySlotAsync()).Attempts);
        await SettleAsync();
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(10)]
    public async Task Nodes_that_restart_and_lose_their_pools_get_the_same_bytes_again()
    {
        var payer = await OpenAsync();
        await StepAsync();
        for (var restart = 0; restart < 3; restart++)
        {
            await LosePoolsAsync();
            await MineAsync();
            Time.Advance(TimeSpan.FromSeconds(15));
            await StepAsync();
        }

        await SettleAsync();
        Assert.Single(Sent);
        await AssertPaidOnceAsync(payer);
    }

    [Theory]
    [Regression(16)]
    [InlineData(false)]
    [InlineData(true)] // While a transaction of ours is under way.
    public async Task Ten_foreign_transactions_of_our_key_are_followed_by_the_next_nonce(bool underWay)
    {
        // A process that remembers what was consumed knows a stranger from a loss.
        await StepAsync();
        var payer = await OpenAsync();
        if (underWay)
        {
            await StepAsync();
            await LosePoolsAsync();
        }

        for (var nonce = 0UL; nonce < 10; nonce++)
            await SendByAnotherAsync(nonce, Wei.FromGwei(1), Wei.FromGwei(20));
        await MineAsync();
        Assert.Equal(10UL, await ConsumedAsync());

        await SettleAsync();

        Assert.Equal(underWay ? "Foreign" : null, await OutcomeAsync(0));
        Assert.Equal("Own", await OutcomeAsync(10));
        await AssertPaidOnceAsync(payer, transactions: 11);
    }
}

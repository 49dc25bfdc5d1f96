using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Answers that do not come, or that say the wrong thing, make nothing twice (chain-and-transactions.md §6).</summary>
public sealed class LostAnswersTests(ChainFixture chain, RedisFixture redis) : ProxiedLaneTest(chain, redis)
{
    [Fact]
    [Regression(1)]
    public async Task A_send_that_times_out_everywhere_and_is_mined_is_not_made_again()
    {
        var payer = await OpenAsync();
        Everywhere(Both, Send, NodeFaults.AcceptThenSilence);

        await StepAsync();

        Assert.Single((await OnlySlotAsync()).Attempts);
        await SettleAsync();
        Assert.Single(Sent);
        Assert.Equal("Own", await OutcomeAsync(0));
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(2)]
    public async Task A_send_that_is_delivered_25_seconds_later_is_the_one_that_is_mined()
    {
        var payer = await OpenAsync();
        var held = new HeldCalls();
        Everywhere(Both, Send, held.DeliveredLate);
        foreach (var proxy in Both)
            proxy.Faults.Always(Send, NodeFaults.Reset);
        await StepAsync();
        for (var i = 0; i < 25; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await StepAsync();
            await MineAsync();
        }

        Assert.Equal(0UL, await ConsumedAsync());
        await held.DeliverAsync();
        await MineAsync();
        await SettleAsync();

        Assert.Single(Sent);
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(2)]
    public async Task Old_bytes_that_are_delivered_after_the_slot_was_settled_change_nothing()
    {
        var payer = await OpenAsync();
        var held = new HeldCalls();
        First.Faults.Next(Send, held.DeliveredLate);
        await StepAsync();
        await SettleAsync();
        await Lane.ResizeAsync("one", payer, Price + Price, Cancellation);
        await SettleAsync();

        var replies = await held.DeliverAsync();
        await MineAsync();
        await SettleAsync();

        Assert.Contains("nonce too low", Assert.IsType<Reply.Error>(Assert.Single(replies)).Message, StringComparison.Ordinal);
        Assert.Equal([Price, Price + Price], await RatesAsync(payer));
        Assert.Equal(2UL, await ConsumedAsync());
    }

    [Fact]
    [Regression(3)]
    public async Task A_receipt_that_only_one_endpoint_has_closes_the_slot_as_our_own()
    {
        First.Faults.Always(Receipt, NodeLies.Null);
        var payer = await OpenAsync();

        await SettleAsync();

        Assert.Equal("Own", await OutcomeAsync(0));
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(3)]
    public async Task A_consumed_nonce_whose_receipt_nobody_has_is_settled_by_its_end_state()
    {
        foreach (var proxy in Both)
            proxy.Faults.Always(Receipt, NodeLies.Null);
        var payer = await OpenAsync();

        await SettleAsync();

        Assert.Equal("Foreign", await OutcomeAsync(0));
        Assert.Single(Sent);
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(3)]
    public async Task One_endpoint_that_counts_a_nonce_too_many_ends_no_slot()
    {
        var payer = await OpenAsync();
        await StepAsync();
        First.Faults.Always(Count, NodeLies.Off(1));
        for (var i = 0; i < 10; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await StepAsync();
        }

        Assert.Equal(FirstNonce, (await OnlySlotAsync()).Nonce);
        First.Faults.Clear();
        await SettleAsync();
        Assert.Equal("Own", await OutcomeAsync(0));
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(4)]
    public async Task Nonce_too_low_on_the_first_send_after_a_restart_is_no_reason_for_another_nonce()
    {
        var payer = await OpenAsync();
        await StepAsync();
        var head = await Chain.Rpc.GetBlockNumberAsync(Cancellation);
        await MineAsync();
        // The nodes that the new process asks have not seen that block yet; their pools have.
        foreach (var proxy in Both)
            proxy.View.Freeze(head.Value);
        Lane = await StartAsync();

        await StepAsync();

        Assert.Equal([2, 2], Both.Select(p => p.Pool.Received.Count));
        Assert.Single(Sent);
        foreach (var proxy in Both)
            proxy.View.Freeze(at: null);
        await SettleAsync();
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(5)]
    public async Task Already_known_on_a_rebroadcast_is_success()
    {
        var payer = await OpenAsync();
        await StepAsync();
        Time.Advance(TimeSpan.FromSeconds(5));

        await StepAsync();

        Assert.Equal([2, 2], Both.Select(p => p.Pool.Received.Count));
        Assert.Empty(Lane.Troubles);
        Assert.Single((await OnlySlotAsync()).Attempts);
        await SettleAsync();
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    public async Task A_receipt_that_is_ahead_of_latest_is_settled_at_its_own_block()
    {
        var payer = await OpenAsync();
        await StepAsync();
        var head = await Chain.Rpc.GetBlockNumberAsync(Cancellation);
        foreach (var proxy in Both)
            proxy.View.ExecuteThrough(head.Value);
        await MineAsync();
        var stepping = StepAsync();
        // What the endpoints have accepted they execute while the lane waits for the state at the receipt's block.
        foreach (var proxy in Both)
            proxy.View.ExecuteThrough(block: null);
        await stepping;

        await SettleAsync();

        Assert.Equal("Own", await OutcomeAsync(0));
        await AssertPaidOnceAsync(payer);
    }
}

using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What gas may cost, and what becomes of everybody while it costs more (chain-and-transactions.md §6).</summary>
public sealed class PriceStormTests(ChainFixture chain, RedisFixture redis) : ProxiedLaneTest(chain, redis)
{
    [Fact]
    [Regression(11)]
    public async Task Ten_minutes_of_a_hundred_times_the_price_hold_opens_and_leave_nothing_stranded()
    {
        var running = await OpenAsync("running");
        await SettleAsync();
        var opening = await OpenAsync("new");
        await Lane.CloseAsync("running", running, Cancellation);
        for (var minute = 0; minute < 10; minute++)
        {
            await MineAfterAsync(TimeSpan.FromMinutes(1), Wei.FromGwei(100));
            await StepAsync();
            await StepAsync();
        }

        // Neither goes at five times the hour's average, and both say why.
        Assert.Contains(Lane.Troubles, t => t.Trouble == LaneTrouble.GasAboveCeiling);
        Assert.Single(Sent);
        await MineAfterAsync(TimeSpan.FromSeconds(1), Wei.FromGwei(1));
        await SettleAsync();

        Assert.Equal([Price, FlowRate.Zero], await RatesAsync(running));
        Assert.Equal([Price], await RatesAsync(opening));
        Assert.Empty(Lane.Troubles);
    }

    [Fact]
    [Regression(11)]
    public async Task Above_the_price_of_an_open_closes_go_and_cost_no_more_than_theirs()
    {
        await MineAfterAsync(TimeSpan.FromDays(1), Wei.FromGwei(40));
        await StepAsync();
        var running = await OpenAsync("running");
        await MineAfterAsync(TimeSpan.FromSeconds(1), Wei.FromGwei(40));
        await SettleAtAsync(Wei.FromGwei(40));
        var opening = await OpenAsync("new");
        await Lane.CloseAsync("running", running, Cancellation);

        await MineAfterAsync(TimeSpan.FromSeconds(1), Wei.FromGwei(90));
        await StepAsync();
        await MineAfterAsync(TimeSpan.FromSeconds(1), Wei.FromGwei(90));
        await StepAsync();

        Assert.Equal([Price, FlowRate.Zero], await RatesAsync(running));
        Assert.Empty(await RatesAsync(opening));
        Assert.True(Sent[^1].FeeCap <= Wei.FromGwei(300).Value);
    }

    [Fact]
    [Regression(25)]
    public async Task What_waits_for_a_better_price_and_is_lost_by_Redis_is_found_again_by_the_next_audit()
    {
        var payer = await OpenAsync();
        await MineAfterAsync(TimeSpan.FromSeconds(1), Wei.FromGwei(100));
        await StepAsync();
        Assert.Empty(Sent);
        Assert.False(await Lane.IsCleanAsync(Cancellation));

        await Lane.DatabaseAsync(d => d.KeyDeleteAsync([Lane.Keys.Dirty, Lane.Keys.Ready]));
        await MineAfterAsync(TimeSpan.FromSeconds(61), Wei.FromGwei(1));
        await Lane.AuditAsync(Cancellation);
        await SettleAsync();

        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(42)]
    public async Task Out_of_funds_is_told_nothing_is_lost_and_a_refill_is_enough()
    {
        var payer = await OpenAsync();
        var had = await Chain.Rpc.GetBalanceAsync(Operator, await Chain.Rpc.GetBlockNumberAsync(Cancellation), Cancellation);
        await Chain.Control.SetBalanceAsync(Operator, Wei.From(1), Cancellation);
        await MineAsync();
        await StepAsync();
        Assert.Contains(Lane.Troubles, t => t.Trouble == LaneTrouble.OutOfFunds);
        Assert.Empty(Sent);
        Assert.Empty(await Lane.Lane.OpenSlotsAsync(Cancellation));

        await Chain.Control.SetBalanceAsync(Operator, had, Cancellation);
        await MineAsync();
        Time.Advance(TimeSpan.FromSeconds(5));
        await SettleAsync();

        Assert.Empty(Lane.Troubles);
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(42)]
    public async Task Funds_that_are_gone_when_the_transaction_arrives_keep_its_slot_until_they_are_back()
    {
        var payer = await OpenAsync();
        var had = await Chain.Rpc.GetBalanceAsync(Operator, await Chain.Rpc.GetBlockNumberAsync(Cancellation), Cancellation);
        Everywhere(Both, Send, NodeFaults.Refuse(CorethRules.DefaultCode, CorethRules.InsufficientFunds.Format));
        await StepAsync();
        Assert.Contains(Lane.Troubles, t => t.Trouble == LaneTrouble.OutOfFunds);
        await Chain.Control.SetBalanceAsync(Operator, Wei.From(1), Cancellation);
        for (var i = 0; i < 4; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(5));
            await MineAsync();
            await StepAsync();
        }

        Assert.Contains(Lane.Troubles, t => t.Trouble == LaneTrouble.OutOfFunds);
        Assert.Single((await OnlySlotAsync()).Attempts);
        await Chain.Control.SetBalanceAsync(Operator, had, Cancellation);
        Time.Advance(TimeSpan.FromSeconds(5));
        await SettleAsync();

        Assert.Empty(Lane.Troubles);
        await AssertPaidOnceAsync(payer);
    }

    [Fact]
    [Regression(43)]
    public async Task A_cancellation_waits_below_its_own_ceiling_like_anything_else()
    {
        var payer = await OpenAsync();
        Everywhere(Both, Send, NodeFaults.Refuse(CorethRules.DefaultCode, "exceeds block gas limit"));
        await StepAsync();
        Assert.Contains(Lane.Troubles, t => t.Trouble == LaneTrouble.InvalidTransaction);
        for (var i = 0; i < 5; i++)
        {
            await MineAfterAsync(TimeSpan.FromSeconds(1), Wei.FromGwei(400));
            Time.Advance(TimeSpan.FromSeconds(15));
            await StepAsync();
        }

        Assert.Single((await OnlySlotAsync()).Attempts);
        await MineAfterAsync(TimeSpan.FromSeconds(1), Wei.FromGwei(1));
        await StepAsync();
        var cancel = (await OnlySlotAsync()).Attempts[^1];
        Assert.Equal(AttemptKind.Cancel, cancel.Kind);
        Assert.True(cancel.Batch.WorstCase.Value <= Wei.FromGwei(300).Value * 21_000);
        await SettleAsync();
        await AssertPaidOnceAsync(payer, transactions: 2);
    }

    [Theory]
    [Regression(44)]
    [Incident("1.6.8")]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Half_of_the_gas_that_a_transaction_asks_for_is_never_more_than_it_uses(int leases)
    {
        List<Devnet.Accounts.DevAccount> payers = [];
        for (var i = 0; i < leases; i++)
            payers.Add(await OpenAsync($"lease-{i}"));
        await SettleAsync();
        for (var i = 0; i < leases; i++)
            await Lane.ResizeAsync($"lease-{i}", payers[i], Price + Price, Cancellation);
        await SettleAsync();
        for (var i = 0; i < leases; i++)
            await Lane.CloseAsync($"lease-{i}", payers[i], Cancellation);
        await SettleAsync();

        Assert.Equal(3, Sent.Count);
        foreach (var sent in Sent)
        {
            var used = (await Chain.Rpc.GetReceiptAsync(sent.Hash, Cancellation))!.GasUsed;
            Assert.True(sent.GasLimit <= used * 2, $"{sent.GasLimit} gas were asked for, {used} were used");
        }
    }

    private async Task MineAfterAsync(TimeSpan passed, Wei baseFee)
    {
        Time.Advance(passed);
        await Chain.Control.AdvanceAsync(passed, Cancellation);
        await MineAtAsync(baseFee);
    }

    private async Task SettleAtAsync(Wei baseFee)
    {
        while (await StepAsync() != StepResult.Idle || !await Lane.IsCleanAsync(Cancellation))
            await MineAtAsync(baseFee);
    }
}

using System.Text.Json.Nodes;
using Gateway.Chain.Transport;
using Gateway.Domain.Leases;
using Gateway.Server.Evaluation;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Watching;
using Gateway.Testing;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Watching;

/// <summary>A watcher whose nodes leave things out, contradict each other, go back, or refuse (chain-and-transactions.md §6).</summary>
public sealed class WatcherFaultTests(SteppedWorld stepped) : ProxiedWatcherTest(stepped)
{
    [Theory]
    [Regression(32)]
    [Regression(38)]
    [Incident("1.2.3")]
    [InlineData(0)] // None.
    [InlineData(1)] // Some, for the same block.
    public async Task Logs_that_a_node_leaves_out_cost_one_audit_interval_and_no_more(int how)
    {
        var payer = await WatchedPayerAsync();
        await CloseFlowAsync(payer);
        First.Faults.Next(Logs, how == 0 ? NodeLies.NoLogs : NodeLies.HalfOfLogs);
        await WatchAsync(Gateway);
        Assert.Equal(1, First.Faults.Struck(Logs));
        await WatchAsync(Gateway);
        Time.Advance(TimeSpan.FromSeconds(61));

        await Gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation);

        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(Gateway, payer)).Reason);
    }

    [Fact]
    [Regression(36)]
    public async Task Data_that_one_node_calls_unfinalized_is_read_from_the_other()
    {
        var payer = await WatchedPayerAsync();
        await CloseFlowAsync(payer);
        First.Faults.Always(Logs, NodeFaults.Refuse(CorethRules.DefaultCode, CorethRules.Unfinalized.Format));

        await WatchAsync(Gateway);

        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(Gateway, payer)).Reason);
    }

    [Theory]
    [Regression(36)]
    [InlineData("cannot query unfinalized data")]
    [InlineData("unknown block")]
    [InlineData("requested to block 9 after last accepted block 8")]
    public async Task A_block_that_no_node_has_got_yet_is_a_state_and_no_failure(string refusal)
    {
        var payer = await WatchedPayerAsync();
        var closed = await CloseFlowAsync(payer);
        foreach (var proxy in Both)
            proxy.Faults.Always(Logs, NodeFaults.Refuse(CorethRules.DefaultCode, refusal));
        Assert.Equal(WatchNext.Soon, (await WatchAsync(Gateway)).Next);
        Assert.True((await WatchAsync(Gateway)).Through < closed.Block.Number);

        First.Faults.Clear();
        Second.Faults.Clear();
        await WatchAsync(Gateway);

        Assert.Equal(closed.Hash, (await PauseOfAsync(Gateway, payer)).Evidence!.TransactionHash);
    }

    [Fact]
    [Regression(36)]
    [Regression(38)]
    public async Task The_newest_block_is_asked_for_by_its_hash_of_whoever_has_it()
    {
        var payer = await WatchedPayerAsync();
        var closed = await CloseFlowAsync(payer);
        List<string> asked = [];
        First.Faults.Always(Logs, NodeFaults.Refuse(CorethRules.DefaultCode, "unknown block"));
        Second.Faults.Next(Logs, (request, next) =>
        {
            asked.Add(request.Parameters[0]!.ToJsonString());
            return next(request);
        });

        await WatchAsync(Gateway);

        var filter = Assert.Single(asked);
        Assert.Contains(closed.Block.Hash.ToString(), filter, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("fromBlock", filter, StringComparison.Ordinal);
        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(Gateway, payer)).Reason);
    }

    [Theory]
    [Regression(41)]
    [InlineData(1)] // null.
    [InlineData(2)] // Of another height.
    public async Task Where_no_node_has_usable_logs_the_cursor_stays(int how)
    {
        var payer = await WatchedPayerAsync();
        var closed = await CloseFlowAsync(payer);
        var fault = how == 1 ? NodeLies.Null : NodeLies.LogsOfAnotherHeight;
        foreach (var proxy in Both)
            proxy.Faults.Always(Logs, fault);
        await Assert.ThrowsAnyAsync<ChainException>(() => WatchAsync(Gateway));
        await Assert.ThrowsAnyAsync<ChainException>(() => WatchAsync(Gateway));

        First.Faults.Clear();
        Second.Faults.Clear();
        Time.Advance(TimeSpan.FromSeconds(31));
        await WatchAsync(Gateway);

        Assert.Equal(closed.Hash, (await PauseOfAsync(Gateway, payer)).Evidence!.TransactionHash);
    }

    [Fact]
    [Regression(33)]
    public async Task What_the_node_behind_a_hint_has_not_got_yet_is_read_when_it_has()
    {
        var payer = await WatchedPayerAsync();
        var before = (await HeadAsync()).Block.Number;
        // Whoever told of the block was ahead of both nodes that are asked.
        foreach (var proxy in Both)
            proxy.View.Freeze(before.Value);
        var closed = await CloseFlowAsync(payer);
        Assert.Equal(before, (await WatchAsync(Gateway)).Through);
        foreach (var proxy in Both)
            proxy.View.Freeze(at: null);

        var watched = await WatchAsync(Gateway);

        Assert.Equal(closed.Block.Number, watched.Through);
        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(Gateway, payer)).Reason);
    }

    [Fact]
    [Regression(37)]
    public async Task A_provider_that_goes_backwards_moves_no_cursor_and_hides_nothing()
    {
        var payer = await WatchedPayerAsync();
        await MineAsync(blocks: 10);
        var through = (await WatchAsync(Gateway)).Through;
        First.View.Behind = 8;
        Second.View.Behind = 4;
        Assert.Equal(through, (await WatchAsync(Gateway)).Through);

        await CloseFlowAsync(payer);
        await MineAsync(blocks: 4);
        await WatchAsync(Gateway);

        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(Gateway, payer)).Reason);
    }

    [Fact]
    public async Task Accepted_blocks_that_are_not_executed_yet_are_followed_when_they_are()
    {
        var payer = await WatchedPayerAsync();
        var executed = (await HeadAsync()).Block.Number;
        foreach (var proxy in Both)
            proxy.View.ExecuteThrough(executed.Value);
        await CloseFlowAsync(payer);
        Assert.Equal(executed, (await WatchAsync(Gateway)).Through);
        foreach (var proxy in Both)
            proxy.View.ExecuteThrough((await HeadAsync()).Block.Number.Value);

        await WatchAsync(Gateway);

        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(Gateway, payer)).Reason);
    }

    [Theory]
    [Regression(39)]
    [InlineData(1)]
    [InlineData(5)]
    public async Task What_happens_after_a_reorganisation_under_the_watcher_is_seen(int depth)
    {
        var payer = await WatchedPayerAsync();
        await MineAsync(blocks: 8);
        await WatchAsync(Gateway);
        await AnvilAsync("anvil_reorg", depth, new JsonArray());
        await WatchAsync(Gateway);
        var closed = await CloseFlowAsync(payer);

        await WatchAsync(Gateway);

        Assert.Equal(closed.Hash, (await PauseOfAsync(Gateway, payer)).Evidence!.TransactionHash);
    }

    [Fact]
    [Regression(39)]
    public async Task What_happens_after_the_chain_was_set_back_under_the_watcher_is_seen()
    {
        var payer = await WatchedPayerAsync();
        var snapshot = await World.Chain.Anvil.Control.SnapshotAsync(Cancellation);
        await MineAsync(blocks: 5);
        await WatchAsync(Gateway);
        await World.Chain.Anvil.Control.RevertAsync(snapshot, Cancellation);
        await WatchAsync(Gateway);
        // Below the height that was followed on the chain that is gone.
        var closed = await CloseFlowAsync(payer);
        await WatchAsync(Gateway);
        await MineAsync(blocks: 6);

        await WatchAsync(Gateway);

        Assert.Equal(closed.Hash, (await PauseOfAsync(Gateway, payer)).Evidence!.TransactionHash);
    }

    [Fact]
    [Regression(39)]
    public async Task A_chain_that_was_set_back_for_good_is_followed_again_from_where_both_agree()
    {
        var payer = await WatchedPayerAsync();
        var snapshot = await World.Chain.Anvil.Control.SnapshotAsync(Cancellation);
        await MineAsync(blocks: 100);
        var through = (await WatchAsync(Gateway)).Through;
        await World.Chain.Anvil.Control.RevertAsync(snapshot, Cancellation);
        var closed = await CloseFlowAsync(payer);

        // Both nodes show less, and that may pass.
        for (var second = 0; second < 20; second += 2)
        {
            Assert.Equal(through, (await WatchAsync(Gateway)).Through);
            Time.Advance(TimeSpan.FromSeconds(2));
        }

        Time.Advance(ChainContinuity.Patience);
        var watched = await WatchAsync(Gateway);

        Assert.Equal(closed.Block.Number, watched.Through);
        Assert.Equal(closed.Hash, (await PauseOfAsync(Gateway, payer)).Evidence!.TransactionHash);
    }

    /// <summary>The chain has grown past the cursor before anybody looked: what is new lies deeper than any fixed overlap.</summary>
    [Fact]
    [Regression(39)]
    public async Task What_a_deep_reorganisation_brought_is_read_from_the_last_common_block_on()
    {
        var payer = await WatchedPayerAsync();
        var snapshot = await World.Chain.Anvil.Control.SnapshotAsync(Cancellation);
        await MineAsync(blocks: 100);
        await WatchAsync(Gateway);
        await World.Chain.Anvil.Control.RevertAsync(snapshot, Cancellation);
        var closed = await CloseFlowAsync(payer);
        await MineAsync(blocks: 110);

        await WatchAsync(Gateway);

        Assert.Equal(closed.Hash, (await PauseOfAsync(Gateway, payer)).Evidence!.TransactionHash);
        Assert.Equal((await HeadAsync()).Block.Number, (await WatchAsync(Gateway)).Through);
    }

    private async Task AnvilAsync(string method, params JsonNode[] parameters) =>
        await World.Chain.Anvil.Transport.SendAsync(new RpcCall(method, new JsonArray(parameters)), Cancellation);
}

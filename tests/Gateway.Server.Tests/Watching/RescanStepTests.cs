using System.Diagnostics.Metrics;
using Gateway.Domain.Leases;
using Gateway.Server.Evaluation;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Watching;
using Gateway.Testing;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Watching;

/// <summary>Every endpoint is asked again for what one of them has told: what it left out is found within seconds (chain-and-transactions.md §2.10).</summary>
public sealed class RescanStepTests(SteppedWorld stepped) : ProxiedWatcherTest(stepped)
{
    [Fact]
    [Regression(32)]
    [Regression(38)]
    [Incident("1.2.3")]
    public async Task What_the_preferred_endpoint_left_out_is_found_at_the_others_within_seconds_and_counted()
    {
        using var repairs = new Repairs(Gateway.Get<IMeterFactory>());
        var payer = await WatchedPayerAsync();
        await CloseFlowAsync(payer);
        // For good: to the watcher, when everybody is asked, and to the look that follows.
        First.Faults.Always(Logs, NodeLies.NoLogs);
        await WatchAsync(Gateway);
        Assert.Equal(Execution.Run, (await Gateway.Get<DirectiveLog>().FindPendingAsync(AccountOf(payer), LeaseOf(payer), Cancellation))!.Execution);

        await RescanAsync();

        Assert.True(First.Faults.Struck(Logs) >= 3);
        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(Gateway, payer)).Reason);
        Assert.Equal(["Rescan"], repairs.Causes);
    }

    [Fact]
    public async Task A_look_whose_logs_do_not_account_for_what_it_sees_asks_every_endpoint_at_once()
    {
        using var repairs = new Repairs(Gateway.Get<IMeterFactory>());
        var payer = await WatchedPayerAsync();
        await CloseFlowAsync(payer);
        // Other logs of the block are there; those that say who did it are not.
        First.Faults.Always(Logs, NodeLies.LogsWithout(payer.Address));

        await Gateway.Get<AccountEvaluator>().EvaluateAsync(AccountOf(payer), at: null, Cancellation);

        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(Gateway, payer)).Reason);
        Assert.Empty(repairs.Causes);
    }

    [Fact]
    public async Task An_endpoint_that_has_other_blocks_than_the_others_is_quarantined_and_trusted_again_once_it_agrees()
    {
        await WatchedPayerAsync();
        await RescanAsync();
        var second = Gateway.Get<RpcPool>().Endpoints[1];
        var another = NodeLies.Telling(static block =>
        {
            block!["hash"] = NodeLies.NoBlock;
            return block;
        });
        // Whichever of them tells of the head first, the watcher follows the true one.
        Second.Faults.Always("eth_getBlockByNumber", (request, next) => request.Text(0) is "latest" ? next(request) : another(request, next));
        for (var i = 0; i < EndpointTrust.MostContradictions; i++)
        {
            Assert.True(second.IsHealthy);
            await NextRescanAsync();
        }

        Assert.False(second.IsHealthy);
        Assert.Contains("contradicts", second.ToState().Detail, StringComparison.Ordinal);

        Second.Faults.Clear();
        await NextRescanAsync();
        Time.Advance(EndpointTrust.Quarantine);
        Assert.True(second.IsHealthy);
    }

    [Fact]
    public async Task What_was_seen_in_time_is_not_looked_at_again_and_not_counted()
    {
        using var repairs = new Repairs(Gateway.Get<IMeterFactory>());
        var payer = await WatchedPayerAsync();
        var closed = await CloseFlowAsync(payer);
        await WatchAsync(Gateway);

        var rescanned = await RescanAsync();

        Assert.True(rescanned.Through >= closed.Block.Number);
        Assert.Equal(0, rescanned.Missed);
        Assert.Empty(repairs.Causes);
    }

    [Fact]
    public async Task A_second_endpoint_that_is_away_is_waited_for_and_not_for_ever()
    {
        var payer = await WatchedPayerAsync();
        await RescanAsync();
        var closed = await CloseFlowAsync(payer);
        await WatchAsync(Gateway);
        Second.Faults.Always(Logs, NodeFaults.BadGateway);
        Assert.True((await RescanAsync()).Through < closed.Block.Number);

        Time.Advance(RescanClock.Patience);

        Assert.Equal(closed.Block.Number, (await RescanAsync()).Through);
    }

    [Fact]
    public async Task After_a_restart_it_goes_on_where_it_stood()
    {
        var payer = await WatchedPayerAsync();
        await RescanAsync();
        await CloseFlowAsync(payer);
        First.Faults.Next(Logs, NodeLies.NoLogs);
        await WatchAsync(Gateway);

        await using var after = await NewProxiedGatewayAsync();
        await RescanAsync(after);

        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(after, payer)).Reason);
    }

    private Task<Rescanned> RescanAsync() => RescanAsync(Gateway);

    private async Task NextRescanAsync()
    {
        await World.Chain.Anvil.Control.MineAsync(Cancellation);
        await WatchAsync(Gateway);
        await RescanAsync();
    }

    /// <summary>Steps until all that was followed is ripe and asked for again, or a second answer is waited for.</summary>
    private async Task<Rescanned> RescanAsync(SteppedGateway gateway)
    {
        var step = gateway.Get<RescanStep>();
        await step.RunOnceAsync(Cancellation);
        Time.Advance(RescanClock.RipensIn);
        var rescanned = await step.RunOnceAsync(Cancellation);
        while (rescanned.IsBehind)
            rescanned = await step.RunOnceAsync(Cancellation);
        return rescanned;
    }
}

using Gateway.Devnet.Accounts;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Evaluation;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Gateway.Server.Watching;
using Gateway.Testing;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Watching;

/// <summary>Every endpoint is asked again for what one of them has told: what it left out is found within seconds (chain-and-transactions.md §2.10).</summary>
public sealed class RescanStepTests(SteppedWorld stepped) : WatcherTest(stepped), IAsyncLifetime
{
    private const string Logs = "eth_getLogs";

    private readonly ShiftedTime _time = new();
    private RpcProxy _first = null!; // Set before the test runs.
    private RpcProxy _second = null!; // Set before the test runs.
    private SteppedGateway _gateway = null!; // Set before the test runs.

    public async ValueTask InitializeAsync()
    {
        (_first, _second) = (await NewProxyAsync(), await NewProxyAsync());
        _gateway = await Stepped.NewGatewayWithAsync(_time, ProxySettings.Of([_first, _second]));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Theory]
    [Regression(32)]
    [Regression(38)]
    [InlineData(0)] // None.
    [InlineData(1)] // Some, for the same block.
    public async Task What_the_preferred_endpoint_left_out_is_found_at_the_others_within_seconds_and_counted(int how)
    {
        using var repairs = new Repairs(_gateway);
        var payer = await WatchedPayerAsync();
        await CloseFlowAsync(payer);
        // To the watcher, and again when everybody is asked.
        _first.Faults.Next(Logs, how == 0 ? NodeLies.NoLogs : NodeLies.LogsWithout(payer.Address), times: 2);
        await WatchAsync(_gateway);
        Assert.Equal(Execution.Run, (await _gateway.Get<DirectiveLog>().FindPendingAsync(AccountOf(payer), LeaseOf(payer), Cancellation))!.Execution);

        await RescanAsync();

        Assert.Equal(2, _first.Faults.Struck(Logs));
        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(_gateway, payer)).Reason);
        Assert.Equal(["Rescan"], repairs.Causes);
    }

    [Fact]
    public async Task What_was_seen_in_time_is_not_looked_at_again_and_not_counted()
    {
        using var repairs = new Repairs(_gateway);
        var payer = await WatchedPayerAsync();
        var closed = await CloseFlowAsync(payer);
        await WatchAsync(_gateway);

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
        await WatchAsync(_gateway);
        _second.Faults.Always(Logs, NodeFaults.BadGateway);
        Assert.True((await RescanAsync()).Through < closed.Block.Number);

        _time.Advance(RescanClock.Patience);

        Assert.Equal(closed.Block.Number, (await RescanAsync()).Through);
    }

    [Fact]
    public async Task After_a_restart_it_goes_on_where_it_stood()
    {
        var payer = await WatchedPayerAsync();
        await RescanAsync();
        await CloseFlowAsync(payer);
        _first.Faults.Next(Logs, NodeLies.NoLogs);
        await WatchAsync(_gateway);

        await using var after = await Stepped.NewGatewayWithAsync(_time, ProxySettings.Of([_first, _second]));
        await RescanAsync(after);

        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(after, payer)).Reason);
    }

    private Task<Rescanned> RescanAsync() => RescanAsync(_gateway);

    /// <summary>Steps until all that was followed is ripe and asked for again, or a second answer is waited for.</summary>
    private async Task<Rescanned> RescanAsync(SteppedGateway gateway)
    {
        var step = gateway.Get<RescanStep>();
        await step.RunOnceAsync(Cancellation);
        _time.Advance(RescanClock.RipensIn);
        var rescanned = await step.RunOnceAsync(Cancellation);
        while (rescanned.IsBehind)
            rescanned = await step.RunOnceAsync(Cancellation);
        return rescanned;
    }

    /// <summary>One whose lease is active, and known to the watcher.</summary>
    private async Task<DevAccount> WatchedPayerAsync()
    {
        var payer = NextPayer();
        await WatchAsync(_gateway);
        await ActivateAsync(_gateway, payer);
        await WatchAsync(_gateway);
        return payer;
    }

    private Task<RpcProxy> NewProxyAsync() =>
        RpcProxy.StartAsync(World.Chain.Anvil.Url, World.Chain.Anvil.WebSocketUrl, new ProxyOptions { Time = _time });
}

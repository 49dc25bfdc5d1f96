using System.Diagnostics.Metrics;
using Gateway.Chain.Transport;
using Gateway.Server.Health;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Gateway.Server.Watching;
using Gateway.Testing.Proxy;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Gateway.Server.Tests.Watching;

public sealed class StallStepTests(SteppedWorld stepped) : WatcherTest(stepped), IAsyncLifetime
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
        await WatchAsync(_gateway);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task A_cursor_that_stands_still_while_endpoints_show_newer_blocks_is_degraded_and_counted_until_it_moves()
    {
        foreach (var proxy in (RpcProxy[])[_first, _second])
            proxy.Faults.Always(Logs, NodeFaults.BadGateway);
        await MineAsync(blocks: 3);
        await Assert.ThrowsAnyAsync<ChainException>(() => WatchAsync(_gateway));
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());

        _time.Advance(StallStep.Longest);
        Assert.Equal(HealthStatus.Degraded, await HealthAsync());
        Assert.Equal((3, 1), Gauges());

        _first.Faults.Clear();
        _second.Faults.Clear();
        await WatchAsync(_gateway);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());
        Assert.Equal((0, 0), Gauges());
    }

    [Fact]
    public async Task A_cursor_that_moves_but_does_not_get_to_what_was_shown_is_told_as_well()
    {
        var cursors = _gateway.Get<WatcherCursorStore>();
        var from = (await HeadAsync()).Block.Number;
        await MineAsync(blocks: 1);
        var between = (await HeadAsync()).Block;
        await MineAsync(blocks: 1);
        await _gateway.Get<RpcPool>().GetBlockNumberAsync(Cancellation);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());

        await cursors.AdvanceAsync(from, new SeenBlock(between.Number, between.Hash), Cancellation);
        _time.Advance(StallStep.Longest);

        Assert.Equal(HealthStatus.Degraded, await HealthAsync());
        await WatchAsync(_gateway);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());
    }

    [Fact]
    public async Task An_idle_chain_is_no_stall()
    {
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());
        for (var minute = 0; minute < 30; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await WatchAsync(_gateway);
            Assert.Equal(HealthStatus.Healthy, await HealthAsync());
        }

        Assert.Equal((0, 0), Gauges());
    }

    private async Task<HealthStatus> HealthAsync()
    {
        await _gateway.Get<StallStep>().RunOnceAsync(Cancellation);
        return (await new WatcherCheck(_gateway.Get<StallStep>()).CheckHealthAsync(new HealthCheckContext(), Cancellation)).Status;
    }

    private (long Lag, int Stalled) Gauges()
    {
        var (meters, lag, stalled) = (_gateway.Get<IMeterFactory>(), -1L, -1);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name is GatewayTelemetry.Instruments.WatcherLag or GatewayTelemetry.Instruments.WatcherStalled && ReferenceEquals(instrument.Meter.Scope, meters))
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => lag = value);
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => stalled = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return (lag, stalled);
    }

    private Task<RpcProxy> NewProxyAsync() =>
        RpcProxy.StartAsync(World.Chain.Anvil.Url, World.Chain.Anvil.WebSocketUrl, new ProxyOptions { Time = _time });
}

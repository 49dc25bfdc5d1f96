using System.Diagnostics.Metrics;
using Gateway.Chain.Transport;
using Gateway.Server.Health;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Watching;
using Gateway.Testing;
using Gateway.Testing.Proxy;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Gateway.Server.Tests.Watching;

public sealed class StallStepTests(SteppedWorld stepped) : ProxiedWatcherTest(stepped)
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await WatchAsync(Gateway);
    }

    [Fact]
    [Incident("1.3.3")]
    public async Task A_cursor_that_stands_still_while_endpoints_show_newer_blocks_is_degraded_and_counted_until_it_moves()
    {
        foreach (var proxy in Both)
            proxy.Faults.Always(Logs, NodeFaults.BadGateway);
        await MineAsync(blocks: 3);
        await Assert.ThrowsAnyAsync<ChainException>(() => WatchAsync(Gateway));
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());

        Time.Advance(StallStep.Longest);
        Assert.Equal(HealthStatus.Degraded, await HealthAsync());
        Assert.Equal((3, 1), Gauges());

        First.Faults.Clear();
        Second.Faults.Clear();
        await WatchAsync(Gateway);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());
        Assert.Equal((0, 0), Gauges());
    }

    [Fact]
    public async Task A_cursor_that_moves_but_does_not_get_to_what_was_shown_is_told_as_well()
    {
        var cursors = Gateway.Get<WatcherCursorStore>();
        var from = (await HeadAsync()).Block.Number;
        await MineAsync(blocks: 1);
        var between = (await HeadAsync()).Block;
        await MineAsync(blocks: 1);
        await Gateway.Get<RpcPool>().GetBlockNumberAsync(Cancellation);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());

        await cursors.AdvanceAsync(from, new SeenBlock(between.Number, between.Hash), Cancellation);
        Time.Advance(StallStep.Longest);

        Assert.Equal(HealthStatus.Degraded, await HealthAsync());
        await WatchAsync(Gateway);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());
    }

    [Fact]
    public async Task An_idle_chain_is_no_stall()
    {
        Assert.Equal(HealthStatus.Healthy, await HealthAsync());
        for (var minute = 0; minute < 30; minute++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await WatchAsync(Gateway);
            Assert.Equal(HealthStatus.Healthy, await HealthAsync());
        }

        Assert.Equal((0, 0), Gauges());
    }

    private async Task<HealthStatus> HealthAsync()
    {
        await Gateway.Get<StallStep>().RunOnceAsync(Cancellation);
        return (await new WatcherCheck(Gateway.Get<StallStep>()).CheckHealthAsync(new HealthCheckContext(), Cancellation)).Status;
    }

    private (long Lag, int Stalled) Gauges()
    {
        var (meters, lag, stalled) = (Gateway.Get<IMeterFactory>(), -1L, -1);
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
}

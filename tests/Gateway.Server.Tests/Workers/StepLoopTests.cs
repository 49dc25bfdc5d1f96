using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;
using Gateway.Server.Workers;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Workers;

public sealed class StepLoopTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly Heartbeats _heartbeats;
    private readonly StepLoop _loop;

    public StepLoopTests()
    {
        _heartbeats = new Heartbeats(_time);
        _loop = new StepLoop(new GatewayMetrics(_services.GetRequiredService<IMeterFactory>()), _heartbeats, _time, NullLogger<StepLoop>.Instance);
    }

    [Fact]
    [Incident("1.3.2")]
    public async Task A_step_that_throws_is_a_state_and_the_loop_goes_on()
    {
        using var stop = new CancellationTokenSource();
        var steps = 0;
        var running = _loop.RunAsync(
            "test",
            async _ =>
            {
                if (++steps == 1)
                    throw new InvalidOperationException("poison");
                await stop.CancelAsync();
                return false;
            },
            _ => Task.CompletedTask,
            stop.Token);

        // It rests a second after a failure.
        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(2, steps);
        Assert.Null(Assert.Single(_heartbeats.Snapshot()).Value.Failing);
    }

    [Fact]
    public async Task A_step_that_has_more_to_do_is_run_again_without_a_rest()
    {
        using var stop = new CancellationTokenSource();
        var (steps, rests) = (0, 0);
        await _loop.RunAsync(
            "test",
            _ => Task.FromResult(++steps % 5 != 0),
            async _ =>
            {
                if (++rests == 3)
                    await stop.CancelAsync();
            },
            stop.Token);

        Assert.Equal((15, 3), (steps, rests));
    }

    [Fact]
    public async Task A_rest_that_throws_does_not_end_the_loop()
    {
        using var stop = new CancellationTokenSource();
        var steps = 0;
        var running = _loop.RunAsync(
            "test",
            async _ =>
            {
                if (++steps == 2)
                    await stop.CancelAsync();
                return false;
            },
            _ => throw new InvalidOperationException("poison"),
            stop.Token);

        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(2, steps);
    }

    [Fact]
    public async Task A_step_that_does_not_come_back_is_a_loop_that_stands_still()
    {
        using var stop = new CancellationTokenSource();
        var never = new TaskCompletionSource<bool>();
        var running = _loop.RunAsync("test", _ => never.Task.WaitAsync(CancellationToken.None), _ => Task.CompletedTask, stop.Token);
        var watch = new LoopWatch(_heartbeats, new Loops(["test"]), _services.GetRequiredService<IMeterFactory>(), _time);
        Assert.False(Assert.Single(watch.Snapshot()).IsStill);

        _time.Advance(LoopWatch.Stale + TimeSpan.FromSeconds(1));

        Assert.True(Assert.Single(watch.Snapshot()).IsStill);
        await stop.CancelAsync();
        never.SetResult(false);
        await running;
    }

    [Fact]
    public async Task A_loop_that_waits_for_its_beginning_is_alive()
    {
        using var stop = new CancellationTokenSource();
        var ready = new TaskCompletionSource();
        var watch = new LoopWatch(_heartbeats, new Loops(["test"]), _services.GetRequiredService<IMeterFactory>(), _time);
        var running = _loop.RunAsync("test", _ => throw new InvalidOperationException("too early"), _ => Task.CompletedTask, stop.Token, _ => ready.Task.WaitAsync(CancellationToken.None));
        for (var second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal((true, null), (Assert.Single(watch.Snapshot()).HasBegun, Assert.Single(watch.Snapshot()).Failing));
        await stop.CancelAsync();
        ready.SetResult();
        await running;
    }

    public void Dispose() => _services.Dispose();
}

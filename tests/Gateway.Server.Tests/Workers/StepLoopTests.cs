using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;
using Gateway.Server.Workers;
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
        Assert.Null(Assert.Single(_heartbeats.Snapshot()).Failing);
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

    public void Dispose() => _services.Dispose();
}

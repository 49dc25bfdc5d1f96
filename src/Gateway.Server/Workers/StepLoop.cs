using Gateway.Server.Telemetry;

namespace Gateway.Server.Workers;

/// <summary>Runs a worker's step again and again. A step that fails is a state: the first failure and its end are logged, and the loop goes on.</summary>
internal sealed partial class StepLoop(GatewayMetrics metrics, Heartbeats heartbeats, TimeProvider time, ILogger<StepLoop> logger)
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>While the loop waits for its beginning it lives, and shows it.</summary>
    private static readonly TimeSpan BeatWhileWaiting = TimeSpan.FromSeconds(5);

    /// <param name="name">One of <see cref="Loops"/>.</param>
    /// <param name="step">One step; it returns true where there is more to do at once.</param>
    /// <param name="rest">Waits until the next step is due. Far below <see cref="LoopWatch.Stale"/>, or the loop is taken for dead.</param>
    /// <param name="after">Waits for what must have happened before the first step; null: nothing.</param>
    public async Task RunAsync(
        string name, Func<CancellationToken, Task<bool>> step, Func<CancellationToken, Task> rest, CancellationToken stoppingToken, Func<CancellationToken, Task>? after = null)
    {
        // Kept when the loop ends: only the process's own end is a good reason, and then nobody asks any more.
        var heartbeat = heartbeats.Begin(name);
        await WaitAsync(after, heartbeat, stoppingToken);
        string? failing = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            var since = time.GetTimestamp();
            var more = false;
            try
            {
                more = await step(stoppingToken);
                if (failing is not null)
                    LogRecovered(name, failing);
                failing = null;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return; // The gateway stops.
            }
            catch (Exception e)
            {
                // The worker's edge: whatever it was, the next step may succeed.
                if (failing is null)
                    LogFailed(e, name);
                failing = e.Message;
            }

            heartbeat.Beat(failing);
            metrics.StepRan(name, time.GetElapsedTime(since), failing is not null);
            if (!more)
                await RestAsync(name, failing is null ? rest : ct => Task.Delay(AfterFailure, time, ct), stoppingToken);
        }
    }

    private async Task WaitAsync(Func<CancellationToken, Task>? after, Heartbeats.Heartbeat heartbeat, CancellationToken stoppingToken)
    {
        var waiting = after?.Invoke(stoppingToken) ?? Task.CompletedTask;
        while (!waiting.IsCompleted)
        {
            await Task.WhenAny(waiting, Task.Delay(BeatWhileWaiting, time, stoppingToken));
            heartbeat.Beat(failing: null);
        }
    }

    private async Task RestAsync(string name, Func<CancellationToken, Task> rest, CancellationToken stoppingToken)
    {
        try
        {
            await rest(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The loop sees it.
        }
        catch (Exception e)
        {
            // Its rest is as much its own as its step: a loop that ended here would have ended silently.
            LogFailed(e, name);
            await Task.Delay(AfterFailure, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 9001, Level = LogLevel.Error, Message = "Worker {Worker} fails, and goes on trying")]
    private partial void LogFailed(Exception exception, string worker);

    [LoggerMessage(EventId = 9002, Level = LogLevel.Information, Message = "Worker {Worker} works again; it had failed with: {Problem}")]
    private partial void LogRecovered(string worker, string problem);
}

using Gateway.Server.Telemetry;

namespace Gateway.Server.Workers;

/// <summary>Runs a worker's step again and again. A step that fails is a state: the first failure and its end are logged, and the loop goes on.</summary>
internal sealed partial class StepLoop(GatewayMetrics metrics, Heartbeats heartbeats, TimeProvider time, ILogger<StepLoop> logger)
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    /// <param name="name">Fixed: it is a tag of metrics and the name of a heartbeat.</param>
    /// <param name="step">One step; it returns true where there is more to do at once.</param>
    /// <param name="rest">Waits until the next step is due.</param>
    public async Task RunAsync(
        string name, Func<CancellationToken, Task<bool>> step, Func<CancellationToken, Task> rest, CancellationToken stoppingToken)
    {
        var heartbeat = heartbeats.Register(name);
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
                await RestAsync(failing is null ? rest : ct => Task.Delay(AfterFailure, time, ct), stoppingToken);
        }
    }

    private static async Task RestAsync(Func<CancellationToken, Task> rest, CancellationToken stoppingToken)
    {
        try
        {
            await rest(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The loop sees it.
        }
    }

    [LoggerMessage(EventId = 9001, Level = LogLevel.Error, Message = "Worker {Worker} fails, and goes on trying")]
    private partial void LogFailed(Exception exception, string worker);

    [LoggerMessage(EventId = 9002, Level = LogLevel.Information, Message = "Worker {Worker} works again; it had failed with: {Problem}")]
    private partial void LogRecovered(string worker, string problem);
}

using Gateway.Server.Storage;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Settlement;

/// <summary>The lane's loop: a step, then a wait for the next block or mark. Nothing ends it but the end of the process.</summary>
internal sealed class SettlementWorker(
    SettlementStep step, LaneMemory memory, LaneStatus status, SettlementSignal signal, LaneTroubles troubles, GatewayMetrics metrics) : BackgroundService
{
    private const string Name = "settlement";

    /// <summary>Steps without a pause, should something go on being wrong in a way that looks like more work.</summary>
    private const int MostInARow = 8;

    /// <summary>A step under way is given so long to finish when the process stops.</summary>
    private static readonly TimeSpan LastStep = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ShowEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(100);

    /// <summary>Also how soon a leadership is noticed that has become free, and renewed that is held.</summary>
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(1);

    private TimeProvider Time => memory.Time;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stepping = new CancellationTokenSource();
        await using var stop = stoppingToken.Register(() => stepping.CancelAfter(LastStep));
        var (inARow, shownAt) = (0, (long?)null);
        while (!stoppingToken.IsCancellationRequested)
        {
            var result = await RunAsync(stepping.Token);
            if (shownAt is not { } at || Time.GetElapsedTime(at) > ShowEvery)
            {
                await ShowAsync(result, stepping.Token);
                shownAt = Time.GetTimestamp();
            }

            inARow = result == StepResult.Again ? inARow + 1 : 0;
            if (inARow is 0 or >= MostInARow)
                await WaitAsync(stoppingToken);
        }

        await ResignAsync(stepping.Token);
    }

    private async Task<StepResult> RunAsync(CancellationToken cancellationToken)
    {
        var since = Time.GetTimestamp();
        var result = StepResult.Unspecified;
        try
        {
            result = await step.RunOnceAsync(cancellationToken);
            troubles.Over(LaneTrouble.StepFailed);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            result = StepResult.Waiting; // The process stops; what the step left is taken up by the next leader.
        }
        catch (Exception e)
        {
            // The loop outlives every bug: what stands in Redis and on the chain is as true as before.
            troubles.Met(LaneTrouble.StepFailed, e.ToString());
        }

        metrics.StepRan(Name, Time.GetElapsedTime(since), failed: result is StepResult.Unspecified or StepResult.Troubled);
        return result;
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        var block = memory.Pace.BlockTime;
        try
        {
            await signal.WaitAsync(block < LeastWait ? LeastWait : block > MostWait ? MostWait : block, Time, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The loop looks whether it may go on.
        }
    }

    private async Task ShowAsync(StepResult result, CancellationToken cancellationToken)
    {
        try
        {
            await status.ShowAsync(result == StepResult.NotLeading ? null : memory.Head, cancellationToken);
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            // Gauges can wait.
        }
    }

    private async Task ResignAsync(CancellationToken cancellationToken)
    {
        try
        {
            await step.ResignAsync(cancellationToken);
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            // Then the leadership ends by itself.
        }
    }
}

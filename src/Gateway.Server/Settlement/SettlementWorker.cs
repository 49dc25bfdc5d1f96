using Gateway.Server.Chains;
using Gateway.Server.Storage;
using Gateway.Server.Workers;

namespace Gateway.Server.Settlement;

/// <summary>The lane's loop: a step, then a wait for the next block or mark.</summary>
internal sealed class SettlementWorker(
    SettlementStep step, LaneMemory memory, LaneStatus status, SettlementSignal signal, ChainDirectory directory, StepLoop loop) : BackgroundService
{
    /// <summary>Steps without a pause, should something go on being wrong in a way that looks like more work.</summary>
    private const int MostInARow = 8;

    /// <summary>A step under way is given so long to finish when the process stops.</summary>
    private static readonly TimeSpan LastStep = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ShowEvery = TimeSpan.FromSeconds(10);

    /// <summary>Ripe already: a step that did not see it yet is followed by another one, but not in a hot loop.</summary>
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(100);

    /// <summary>Also how soon a leadership is noticed that has become free, and renewed that is held.</summary>
    internal static readonly TimeSpan MostWait = TimeSpan.FromSeconds(1);

    private int _inARow;
    private long? _shownAt;

    private TimeProvider Time => memory.Time;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stepping = new CancellationTokenSource();
        await using var stop = stoppingToken.Register(() => stepping.CancelAfter(LastStep));
        // The step has a token of its own: one that has reserved a slot also signs and sends.
        await loop.RunAsync(Loops.Settlement, _ => StepAsync(stepping.Token), RestAsync, stoppingToken, directory.WhenVerifiedAsync);
        await ResignAsync(stepping.Token);
    }

    /// <returns>Whether there is more to do at once.</returns>
    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        var result = await step.RunOnceAsync(cancellationToken);
        await ShowAsync(result, cancellationToken);
        _inARow = result == StepResult.Again ? _inARow + 1 : 0;
        return _inARow is > 0 and < MostInARow;
    }

    private Task RestAsync(CancellationToken stoppingToken)
    {
        var block = memory.Pace.BlockTime;
        var rest = block < LeastWait ? LeastWait : block > MostWait ? MostWait : block;
        // What waits to go together is not to wait for the next block as well.
        var untilRipe = memory.TakeRipeAt() is { } at ? at - Time.GetUtcNow() : rest;
        return signal.WaitAsync(untilRipe < LeastRest ? LeastRest : untilRipe < rest ? untilRipe : rest, Time, stoppingToken);
    }

    private async Task ShowAsync(StepResult result, CancellationToken cancellationToken)
    {
        if (_shownAt is { } at && Time.GetElapsedTime(at) < ShowEvery)
            return;
        _shownAt = Time.GetTimestamp();
        try
        {
            await status.ShowAsync(result == StepResult.NotLeading ? null : memory.Head, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // Gauges can wait; the step has told of the trouble already, or the next one will.
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

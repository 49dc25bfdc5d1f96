using Gateway.Server.Chains;
using Gateway.Server.Resilience;
using Gateway.Server.Settlement;
using Gateway.Server.Workers;

namespace Gateway.Server.Watching;

/// <summary>Runs <see cref="WatcherStep"/> at every new block, and wakes settlement for it.</summary>
internal sealed class WatcherWorker(
    WatcherStep step, ChainDirectory directory, ChainHeads heads, SettlementSignal settlement, StepLoop loop, TimeProvider time) : BackgroundService
{
    /// <summary>Without a hint: heads are hints, and hints get lost.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    /// <summary>What one node has announced, the next one has within moments.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private Watched _watched = new(default, WatchNext.AtOnce);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loop.RunAsync(
        Loops.Watcher,
        async ct => (_watched = await step.RunOnceAsync(ct)).IsBehind,
        RestAsync,
        stoppingToken,
        directory.WhenVerifiedAsync);

    private async Task RestAsync(CancellationToken cancellationToken)
    {
        if (_watched.Next == WatchNext.Soon)
            await Task.Delay(Moment, time, cancellationToken);
        else
            await heads.WaitForNewerAsync(_watched.Through, LongestRest, cancellationToken);
        settlement.Wake();
    }
}

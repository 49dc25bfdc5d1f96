using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Resilience;
using Gateway.Server.Settlement;
using Gateway.Server.Workers;

namespace Gateway.Server.Watching;

/// <summary>Runs <see cref="WatcherStep"/> at every new block, and wakes settlement for it.</summary>
internal sealed class WatcherWorker(
    WatcherStep step, ChainDirectory directory, ChainHeads heads, SettlementSignal settlement, StepLoop loop) : BackgroundService
{
    /// <summary>Without a hint: heads are hints, and hints get lost.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var through = default(BlockNumber);
        await loop.RunAsync(
            Loops.Watcher,
            async ct =>
            {
                (through, var isBehind) = await step.RunOnceAsync(ct);
                return isBehind;
            },
            async ct =>
            {
                await heads.WaitForNewerAsync(through, LongestRest, ct);
                settlement.Wake();
            },
            stoppingToken,
            directory.WhenVerifiedAsync);
    }
}

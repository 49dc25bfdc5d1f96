using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Workers;

namespace Gateway.Server.Watching;

/// <summary>Runs <see cref="StallStep"/> and <see cref="OverdueStep"/> for as long as the gateway runs: what other loops should have done is asked for here.</summary>
internal sealed class StallWorker(StallStep stall, OverdueStep overdue, ChainDirectory directory, StepLoop loop, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loop.RunAsync(
        Loops.Stall,
        async ct =>
        {
            await stall.RunOnceAsync(ct);
            await overdue.RunOnceAsync(ct);
            return false;
        },
        ct => Task.Delay(Interval, time, ct),
        stoppingToken,
        directory.WhenVerifiedAsync);
}

using Gateway.Server.Chains;
using Gateway.Server.Workers;

namespace Gateway.Server.Watching;

/// <summary>Runs <see cref="StallStep"/> for as long as the gateway runs.</summary>
internal sealed class StallWorker(StallStep step, ChainDirectory directory, StepLoop loop, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loop.RunAsync(
        Loops.Stall,
        async ct =>
        {
            await step.RunOnceAsync(ct);
            return false;
        },
        ct => Task.Delay(Interval, time, ct),
        stoppingToken,
        directory.WhenVerifiedAsync);
}

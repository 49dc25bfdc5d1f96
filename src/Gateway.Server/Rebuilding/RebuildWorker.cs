using Gateway.Server.Chains;
using Gateway.Server.Workers;

namespace Gateway.Server.Rebuilding;

/// <summary>Runs <see cref="RebuildStep"/> for as long as the gateway runs.</summary>
internal sealed class RebuildWorker(RebuildStep step, ChainDirectory directory, StepLoop loop, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loop.RunAsync(
        Loops.Rebuild,
        async ct =>
        {
            await step.RunOnceAsync(ct);
            return step.HasMore;
        },
        ct => Task.Delay(Interval, time, ct),
        stoppingToken,
        directory.WhenVerifiedAsync);
}

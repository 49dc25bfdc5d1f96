using Gateway.Server.Chains;
using Gateway.Server.Workers;

namespace Gateway.Server.Evaluation;

/// <summary>Runs <see cref="DeadlineStep"/> for as long as the gateway runs.</summary>
internal sealed class DeadlineWorker(DeadlineStep step, ChainDirectory directory, StepLoop loop, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loop.RunAsync(
        Loops.Deadlines,
        async ct => (await step.RunOnceAsync(ct)).MayBeMore,
        ct => Task.Delay(Interval, time, ct),
        stoppingToken,
        directory.WhenVerifiedAsync);
}

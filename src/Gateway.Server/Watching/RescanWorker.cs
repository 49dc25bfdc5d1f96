using Gateway.Server.Chains;
using Gateway.Server.Workers;

namespace Gateway.Server.Watching;

/// <summary>Runs <see cref="RescanStep"/> for as long as the gateway runs.</summary>
internal sealed class RescanWorker(RescanStep step, ChainDirectory directory, StepLoop loop, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loop.RunAsync(
        Loops.Rescan,
        async ct => (await step.RunOnceAsync(ct)).IsBehind,
        ct => Task.Delay(Interval, time, ct),
        stoppingToken,
        directory.WhenVerifiedAsync);
}

using Gateway.Server.Chains;
using Gateway.Server.Workers;

namespace Gateway.Server.Watching;

/// <summary>Runs <see cref="RescanStep"/> for as long as the gateway runs.</summary>
internal sealed class RescanWorker(RescanStep step, ChainDirectory directory, StepLoop loop, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await directory.WhenVerifiedAsync(stoppingToken);
        await loop.RunAsync("rescan", async ct => (await step.RunOnceAsync(ct)).IsBehind, ct => Task.Delay(Interval, time, ct), stoppingToken);
    }
}

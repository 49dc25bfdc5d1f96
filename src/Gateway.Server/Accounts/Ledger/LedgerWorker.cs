using Gateway.Server.Chains;
using Gateway.Server.Workers;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Runs <see cref="LedgerStep"/> for as long as the gateway runs.</summary>
internal sealed class LedgerWorker(LedgerStep step, ChainDirectory directory, StepLoop loop, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loop.RunAsync(
        Loops.Ledgers,
        async ct => (await step.RunOnceAsync(ct)).MayBeMore,
        ct => Task.Delay(Interval, time, ct),
        stoppingToken,
        directory.WhenVerifiedAsync);
}

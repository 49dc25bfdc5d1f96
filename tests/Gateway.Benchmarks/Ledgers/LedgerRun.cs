using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Benchmarks.Running;
using Gateway.Benchmarks.Scale;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Server;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Chains;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Benchmarks.Ledgers;

/// <summary>One pass over all accounts.</summary>
/// <param name="Requests">Tries to ask the chain, a batch as one.</param>
/// <param name="Commands">As Redis counts them, those of scripts too.</param>
internal sealed record PassFigures(TimeSpan Cpu, TimeSpan Took, long Requests, long Commands);

/// <summary>The gateway's own parts, of which only the ledgers' do anything.</summary>
internal sealed class LedgerRun : IAsyncDisposable
{
    /// <summary>As the step looks at those that have changed.</summary>
    private const int AtOnce = 4;

    private static readonly TimeSpan Every = new StatementOptions().LedgerEvery;

    private readonly BenchWorld _world;
    private readonly SeededStore _store;
    private readonly Population _people;
    private readonly FakeTimeProvider _time;
    private readonly WebApplication _app;
    private readonly MeterListener _listener = new();
    private long _requests;

    private LedgerRun(BenchWorld world, SeededStore store, Population people, FakeTimeProvider time, WebApplication app)
    {
        (_world, _store, _people, _time, _app) = (world, store, people, time, app);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (string.Equals(instrument.Name, GatewayTelemetry.Instruments.ChainCallDuration, StringComparison.Ordinal))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _requests));
        _listener.Start();
    }

    public static async Task<LedgerRun> StartAsync(BenchWorld world, SeededStore store, Population people, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var time = new FakeTimeProvider(now);
        var app = GatewayApplication.Build([], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection(GatewaySettings.Of(world.Devnet));
            builder.Services.AddSingleton<TimeProvider>(time);
        });
        await app.Services.GetRequiredService<ChainGate>().StartingAsync(cancellationToken);
        return new LedgerRun(world, store, people, time, app);
    }

    /// <summary>Each way twice, since the first time compiles it.</summary>
    public async Task<(PassFigures Alone, PassFigures Together)> RunAsync(CancellationToken cancellationToken)
    {
        await PassAsync(AloneAsync, cancellationToken);
        var alone = await PassAsync(AloneAsync, cancellationToken);
        await PassAsync(TogetherAsync, cancellationToken);
        return (alone, await PassAsync(TogetherAsync, cancellationToken));
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return _app.DisposeAsync();
    }

    private async Task<PassFigures> PassAsync(Func<BlockRef, CancellationToken, Task> move, CancellationToken cancellationToken)
    {
        var rpc = _world.Devnet.Chain.Anvil.Rpc;
        await _world.Devnet.Chain.Anvil.Control.MineAsync(cancellationToken);
        var head = (await rpc.GetLatestBlockAsync(cancellationToken)).Block;
        _time.Advance(Every * 2);
        var (requests, commands) = (Interlocked.Read(ref _requests), await _store.CommandsAsync(cancellationToken));
        var (cpu, since) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.GetTimestamp());
        await move(head, cancellationToken);
        var (took, used) = (Stopwatch.GetElapsedTime(since), Process.GetCurrentProcess().TotalProcessorTime - cpu);
        var figures = new PassFigures(used, took, Interlocked.Read(ref _requests) - requests, await _store.CommandsAsync(cancellationToken) - commands);
        foreach (var account in (int[])[0, _people.Accounts / 2, _people.Accounts - 1])
        {
            if (await _app.Services.GetRequiredService<LedgerStore>().ReadAsync(_people.KeyOf(account), cancellationToken) is not { Mismatch: null } stored || stored.Ledger.Through != head)
                throw new InvalidOperationException("A ledger was not moved on: nothing was measured.");
        }

        return figures;
    }

    private async Task AloneAsync(BlockRef head, CancellationToken cancellationToken)
    {
        var (upkeep, store) = (_app.Services.GetRequiredService<LedgerUpkeep>(), _app.Services.GetRequiredService<LedgerStore>());
        var now = _time.GetUtcNow();
        for (IReadOnlyList<AccountKey> due = [_people.KeyOf(0)]; due.Count > 0;)
        {
            due = await store.ClaimDueAsync(now, now + Every, 64, cancellationToken);
            await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (account, ct) =>
            {
                if (await upkeep.TryAsync(account, head, ct))
                    await store.PutOffAsync(account, now + Every, now + Every, ct);
            });
        }
    }

    private async Task TogetherAsync(BlockRef head, CancellationToken cancellationToken)
    {
        var step = _app.Services.GetRequiredService<LedgerStep>();
        while ((await step.RunOnceAsync(cancellationToken)).Moved > 0)
            cancellationToken.ThrowIfCancellationRequested();
    }
}

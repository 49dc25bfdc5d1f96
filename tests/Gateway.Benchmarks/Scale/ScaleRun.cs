using Gateway.Benchmarks.Running;
using Gateway.Client;
using Gateway.Server.Telemetry;
using Gateway.Testing;
using Gateway.Testing.Gateways;

namespace Gateway.Benchmarks.Scale;

/// <param name="CaughtUpAfter">Null: the chain could not answer so much in the time; then <paramref name="Verified"/> says how far it came.</param>
/// <param name="IdleShare">CPU time by time, while nothing happens but the audit.</param>
/// <param name="Resync">Until a scheduler that lost everything has read what <see cref="ScaleRun.Resynced"/> VMs should do.</param>
internal sealed record ScaleFigures(
    TimeSpan ReadyAfter,
    TimeSpan? CaughtUpAfter,
    double GlancesPerSecond,
    double IdleShare,
    int Verified,
    long ResidentAtStart,
    long ResidentBytes,
    TimeSpan Resync,
    TimeSpan LookCpu,
    Samples Looks)
{
    /// <summary>CPU time of the idle gateway for each glance it makes: all that it does besides is in it.</summary>
    public TimeSpan GlanceCpu => ScaleRun.Audit * IdleShare / Math.Max(1, Verified);

    public double IdleShareInFull(int accounts) => LookCpu.TotalSeconds * accounts / ScaleRun.Audit.TotalSeconds;
}

/// <summary>Starts a gateway on a population whose looks are all overdue, lets it catch up, watches it idle, and then disturbs some accounts.</summary>
internal sealed class ScaleRun(BenchWorld world, SeededStore store, Population people, OtlpReceiver receiver, TimeProvider time)
{
    /// <summary>The gateway's default.</summary>
    public static readonly TimeSpan Audit = TimeSpan.FromSeconds(60);

    public const int Resynced = 10_000;

    /// <summary>Deadlines are looked for every quarter of a second, glances count whole seconds, and this question takes a moment as well.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the resync is measured.</summary>
    private const int Resyncs = 3;

    /// <summary>A chain on the same two cores is asked by all accounts at once.</summary>
    private static readonly TimeSpan MostCatchingUp = TimeSpan.FromMinutes(4);

    public async Task<ScaleFigures> RunAsync(TimeSpan idle, int looks, CancellationToken cancellationToken)
    {
        var begun = time.GetUtcNow();
        var started = time.GetTimestamp();
        await using var server = await world.StartGatewayAsync(
            cancellationToken,
            KeyValuePair.Create("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Endpoint),
            KeyValuePair.Create("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        var (ready, atStart) = (time.GetElapsedTime(started), server.ResidentBytes);
        await Console.Error.WriteLineAsync("Catching up…");
        var isCaughtUp = false;
        while (!isCaughtUp && time.GetElapsedTime(started) < MostCatchingUp)
        {
            await Task.Delay(Poll, time, cancellationToken);
            isCaughtUp = await store.OverdueAsync(time.GetUtcNow(), cancellationToken) == 0;
        }

        var caughtUp = time.GetElapsedTime(started);
        var glances = await store.VerifiedSinceAsync(begun, cancellationToken);

        await Console.Error.WriteLineAsync("Watching it idle…");
        await Task.Delay(Audit, time, cancellationToken); // By then what is used has been compiled, and the rush is over.
        var (idleFrom, idleCpu) = (time.GetTimestamp(), server.ProcessorTime);
        await Task.Delay(idle, time, cancellationToken);
        var idleShare = (server.ProcessorTime - idleCpu) / time.GetElapsedTime(idleFrom);
        var verified = await store.VerifiedSinceAsync(time.GetUtcNow() - Audit - Late, cancellationToken);
        var resident = server.ResidentBytes;
        var resync = await ResyncAsync(cancellationToken);

        await Console.Error.WriteLineAsync("Looking in full…");
        var lookCpu = await LookAsync(server, looks, idleShare, cancellationToken);
        var catchingUp = caughtUp - ready;
        return new ScaleFigures(
            ready,
            isCaughtUp ? caughtUp : null,
            glances / catchingUp.TotalSeconds,
            idleShare,
            verified,
            atStart,
            resident,
            resync,
            lookCpu,
            EvaluationsSince(idleFrom));
    }

    /// <returns>The middle one.</returns>
    private async Task<TimeSpan> ResyncAsync(CancellationToken cancellationToken)
    {
        using var client = new SchedulerClient(world.Devnet.GrpcUrl);
        var samples = new Samples();
        for (var i = 0; i < Resyncs; i++)
        {
            var since = time.GetTimestamp();
            await client.ReconcileAsync(cancellationToken).Take(Resynced).CountAsync(cancellationToken);
            samples.Add(time.GetElapsedTime(since));
        }

        return samples.Percentile(50);
    }

    /// <returns>CPU time of one full look, without what the gateway uses anyway.</returns>
    private async Task<TimeSpan> LookAsync(ServerProcess server, int looks, double idleShare, CancellationToken cancellationToken)
    {
        var accounts = Enumerable.Range(0, Math.Min(looks, people.Accounts)).Select(people.KeyOf).ToList();
        var (from, cpu) = (time.GetTimestamp(), server.ProcessorTime);
        await store.DisturbAsync(accounts, time.GetUtcNow(), cancellationToken);
        while (await store.QuietAsync(accounts, cancellationToken) < accounts.Count)
            await Task.Delay(Poll, time, cancellationToken);
        var own = (server.ProcessorTime - cpu) - (time.GetElapsedTime(from) * idleShare);
        return own / accounts.Count;
    }

    private Samples EvaluationsSince(long timestamp)
    {
        var since = time.GetUtcNow() - time.GetElapsedTime(timestamp);
        var samples = new Samples();
        foreach (var span in receiver.Spans.Where(s => s.Start >= since && string.Equals(s.Name, GatewayTelemetry.Spans.AccountEvaluate, StringComparison.Ordinal)))
            samples.Add(span.End - span.Start);
        return samples;
    }
}

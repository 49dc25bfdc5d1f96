using System.CommandLine;
using Gateway.Benchmarks.Chains;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Testing;

namespace Gateway.Benchmarks.Latency;

/// <summary><c>latency</c>: from a scheduler's request to its transaction in the chain's pool, and on to the proof, on an idle lane.</summary>
internal sealed class LatencyCommand(TextWriter output, TimeProvider time)
{
    private const int Payers = 4;
    private const int WarmUp = 6;

    private static readonly TimeSpan BroadcastP50 = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan BroadcastP99 = TimeSpan.FromMilliseconds(400);

    private readonly Option<int> _changes = Numbers.Option("--changes", "Measured changes.", 100);
    private readonly Option<int> _seed = Numbers.Option("--seed", "The same seed, the same changes.", 1);

    public Command Create()
    {
        var command = new Command("latency", "Request → broadcast → verified, on an idle lane.") { _changes, _seed };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var world = await BenchWorld.StartAsync(Payers, cancellationToken);
        await using var receiver = await OtlpReceiver.StartAsync(cancellationToken);
        await using var pool = await PoolWatch.StartAsync(world.Devnet.Chain.Anvil.WebSocketUrl, time, cancellationToken);
        await using var server = await world.StartGatewayAsync(
            cancellationToken,
            KeyValuePair.Create("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Endpoint),
            KeyValuePair.Create("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        await output.WriteLineAsync($"{Machine.Describe()}, Redis: {world.RedisKind}\n");

        var accounts = world.Devnet.Chain.Accounts;
        var shape = new ChurnShape([.. accounts.Payers.Select(p => p.Address)], [.. accounts.Payees.Select(p => p.Address)], NodesPerPayer: 2, LeasesPerPayer: 1);
        var churn = new Churn(shape, parsed.GetValue(_seed), "v");
        var changes = churn.Open(1).Concat(churn.Mixed(WarmUp + parsed.GetValue(_changes), 1)).ToList();
        var raw = new RawSends(world.Devnet.Chain, pool, time);
        var timed = await new LatencyRun(world, time).RunAsync(changes, raw, pool, cancellationToken);
        // The first ones compile what they run.
        Print([.. timed.Skip(changes.Count - parsed.GetValue(_changes))], raw);
        await output.WriteLineAsync($"Load after: {Machine.Load()}");
        SpanBreakdown.Print(output, receiver.Spans);
        return 0;
    }

    private void Print(IReadOnlyList<TimedChange> timed, RawSends raw)
    {
        var table = new MarkdownTable("milliseconds", "samples", "p50", "p90", "p99", "most", "target", "p50 in raw sends");
        var baseline = raw.RoundTrips.Percentile(50);
        Row("asked → accepted", timed, t => t.AcceptedAt - t.AskedAt, "");
        Row("**accepted → in the chain's pool**", timed, t => t.BroadcastAt - t.AcceptedAt, $"p50 {BroadcastP50.TotalMilliseconds}, p99 {BroadcastP99.TotalMilliseconds}");
        foreach (var kind in (ChangeKind[])[ChangeKind.Open, ChangeKind.Resize, ChangeKind.Close])
            Row($"… {kind}", [.. timed.Where(t => t.Kind == kind)], t => t.BroadcastAt - t.AcceptedAt, "");
        Row("asked → in the chain's pool", timed, t => t.BroadcastAt - t.AskedAt, "");
        Row("**in the pool → verified**", timed, t => t.VerifiedAt - t.BroadcastAt, "p50 1.3 blocks of 1000");
        table.Add(["baseline: raw eth_sendRawTransaction, round trip", .. raw.RoundTrips.Cells(), "", "1.0"]);
        table.Add(["baseline: raw send → the pool's news of it", .. raw.News.Cells(), "", ""]);
        table.Print(output);
        var blocks = timed.GroupBy(t => t.Blocks).OrderBy(g => g.Key).Select(g => $"{g.Count()} in block +{g.Key}");
        output.WriteLine($"Included, counted from the head when asked: {string.Join(", ", blocks)}\n");

        void Row(string what, IReadOnlyList<TimedChange> some, Func<TimedChange, TimeSpan> span, string target)
        {
            var samples = new Samples();
            foreach (var change in some)
                samples.Add(span(change));
            table.Add([what, .. samples.Cells(), target, Machine.Number(samples.Percentile(50) / baseline, "0")]);
        }
    }
}

using System.CommandLine;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Settlement;
using Gateway.Testing;

namespace Gateway.Benchmarks.Throughput;

/// <summary><c>throughput</c>: many changes in a short time: how soon they are on their way, by how long they may wait for each other and by the size of batches.</summary>
internal sealed class ThroughputCommand(TextWriter output, TimeProvider time)
{
    /// <summary>Few enough for the journal on chain to name all leases of a flow.</summary>
    private const int LeasesPerPayer = 8;

    private const int Nodes = 10;
    private const int Payers = 40;

    /// <summary>With one node each: twenty flows, so that batches of one are through with them in half a minute.</summary>
    private const int PayersOfSingles = 10;

    /// <summary>Of a block's gas, in the arms with small batches; the block is given the size for which it is the wanted batch.</summary>
    private const int SharePercent = 10;

    private static readonly TimeSpan Promptly = TimeSpan.FromSeconds(2);

    private readonly Option<int> _changes = Numbers.Option("--changes", "Changes asked for.", 1500);
    private readonly Option<int> _seconds = Numbers.Option("--seconds", "In how many seconds, as a Poisson process.", 10);
    private readonly Option<int> _batchChanges = Numbers.Option("--batch-changes", "Changes asked for in each of the arms with small batches, at the same rate; 0 leaves these arms out.", 200);
    private readonly Option<bool> _profile = new("--profile") { Description = "Only says where the gateway's time goes, by its own spans; sending them costs time itself." };
    private readonly Option<int> _seed = Numbers.Option("--seed", "The same seed, the same changes.", 1);

    private string _redis = "";

    public Command Create()
    {
        var command = new Command("throughput", "Many changes in a short time.") { _changes, _seconds, _batchChanges, _profile, _seed };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"{Machine.Describe()}\n");
        if (parsed.GetValue(_profile))
        {
            await ProfileAsync(parsed, cancellationToken);
            return 0;
        }

        var windows = new MarkdownTable(
            "coalescing window", "changes", "asked → answered p50 / p99, ms", "asked → on its way p50 / p90 / p99, ms", $"sent within {Promptly.TotalSeconds:0} s", "no transaction traced", "transactions", "operations", "gas per change, k", "all right after, s", "all told after, s");
        foreach (var window in (TimeSpan[])[TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1), TimeSpan.Zero])
        {
            var result = await MeasureAsync(parsed, Payers, parsed.GetValue(_changes), blockGas: null, [Window(window)], cancellationToken);
            var sent = result.Sent.Sent;
            windows.Add(
                $"{window.TotalSeconds:0} s", $"{result.Accepted}", $"{Ms(result.Answers, 50)} / {Ms(result.Answers, 99)}", $"{Ms(sent, 50)} / {Ms(sent, 90)} / {Ms(sent, 99)}",
                $"{Machine.Number(sent.PercentWithin(Promptly))} %", $"{result.Sent.Untraced}", $"{result.Transactions.Count}", $"{result.Sent.Operations}",
                Machine.Number(result.Gas / 1000.0 / result.Accepted), Seconds(result.Right), Seconds(result.Verified));
        }

        windows.Print(output);
        if (parsed.GetValue(_batchChanges) > 0)
            await PrintBatchesAsync(parsed, cancellationToken);
        await output.WriteLineAsync($"Redis: {_redis}, load after: {Machine.Load()}");
        return 0;
    }

    private async Task ProfileAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var receiver = await OtlpReceiver.StartAsync(cancellationToken);
        await MeasureAsync(
            parsed,
            Payers,
            parsed.GetValue(_changes),
            blockGas: null,
            [KeyValuePair.Create("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Endpoint), KeyValuePair.Create("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")],
            cancellationToken);
        var table = new MarkdownTable("span, ms", "samples", "p50", "p90", "p99", "most", "all together, s");
        foreach (var (name, samples, sum) in receiver.Spans.GroupBy(s => s.Name, StringComparer.Ordinal).Select(OfSpans).OrderByDescending(s => s.Sum))
            table.Add([name, .. samples.Cells(), Machine.Number(sum.TotalSeconds)]);
        table.Print(output);

        static (string Name, Samples Samples, TimeSpan Sum) OfSpans(IGrouping<string, ReceivedSpan> spans)
        {
            var (samples, sum) = (new Samples(), TimeSpan.Zero);
            foreach (var span in spans)
            {
                samples.Add(span.End - span.Start);
                sum += span.End - span.Start;
            }

            return (spans.Key, samples, sum);
        }
    }

    private async Task PrintBatchesAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var table = new MarkdownTable("largest batch, operations", "changes", "transactions", "operations", "operations per transaction", "flow changes/s on chain", "all right after, s");
        foreach (var size in (ulong[])[1, 10, 20, 30])
        {
            var bound = GasPlan.WithHeadroom(GasTable.Measured.Base + (size * (GasTable.Measured.Create + GasTable.Measured.UserData)));
            var result = await MeasureAsync(
                parsed,
                size == 1 ? PayersOfSingles : Payers,
                parsed.GetValue(_batchChanges),
                bound * 100 / SharePercent,
                [Window(TimeSpan.Zero), KeyValuePair.Create("Gateway__Settlement__BlockGasSharePercent", $"{SharePercent}")],
                cancellationToken);
            var blocks = result.Transactions.Count == 0 ? 1 : result.Transactions[^1].Block.Value - result.Transactions[0].Block.Value + 1;
            table.Add(
                $"{size}", $"{result.Accepted}", $"{result.Transactions.Count}", $"{result.Sent.Operations}",
                Machine.Number((double)result.Sent.Operations / Math.Max(1, result.Transactions.Count)),
                Machine.Number(result.Sent.Operations / (blocks * BenchWorld.BlockTime.TotalSeconds)), Seconds(result.Right));
        }

        table.Print(output);
    }

    private async Task<ThroughputResult> MeasureAsync(
        ParseResult parsed, int payers, int changes, ulong? blockGas, IEnumerable<KeyValuePair<string, string>> settings, CancellationToken cancellationToken)
    {
        await using var world = await BenchWorld.StartAsync(payers, cancellationToken);
        _redis = world.RedisKind;
        if (blockGas is { } gas)
            await world.Devnet.Chain.Anvil.Control.SetBlockGasLimitAsync(gas, cancellationToken);
        var shape = new ChurnShape(
            [.. world.Devnet.Chain.Accounts.Payers.Select(p => p.Address)], [.. Enumerable.Range(0, Nodes).Select(n => DevAccount.Of("payee", n).Address)], payers == Payers ? 2 : 1, LeasesPerPayer);
        var churn = new Churn(shape, parsed.GetValue(_seed), "v");
        var perSecond = (double)parsed.GetValue(_changes) / parsed.GetValue(_seconds);
        return await new ThroughputRun(world, time).RunAsync(churn.Open(perSecond), churn.Mixed(changes, perSecond), settings, cancellationToken);
    }

    private static KeyValuePair<string, string> Window(TimeSpan window) => KeyValuePair.Create("Gateway__Settlement__CoalescingWindow", $"{window:c}");

    private static string Ms(Samples samples, int percent) => Machine.Number(samples.Percentile(percent).TotalMilliseconds, "0");

    private static string Seconds(TimeSpan? taken) => taken is { } time ? Machine.Number(time.TotalSeconds) : "not in time";
}

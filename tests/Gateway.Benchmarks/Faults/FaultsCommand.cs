using System.CommandLine;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;

namespace Gateway.Benchmarks.Faults;

/// <summary><c>faults</c>: what is wrong, doubled or stale on chain after lost answers, lies, dropped transactions and crashes, beside an edge-triggered queue.</summary>
internal sealed class FaultsCommand(TextWriter output, TimeProvider time)
{
    private const int Payers = 8;

    private readonly Option<int> _changes = Numbers.Option("--changes", "Changes asked for, after the opens.", 300);
    private readonly Option<int> _perSecond = Numbers.Option("--per-second", "As a Poisson process.", 8);
    private readonly Option<int> _harsher = Numbers.Option("--harsher", "How much more often faults strike in the last arm.", 5);
    private readonly Option<int> _seed = Numbers.Option("--seed", "The same seed, the same changes and the same die for faults.", 1);

    private string _redis = "";

    public Command Create()
    {
        var command = new Command("faults", "Lost, doubled and stale changes under faults.") { _changes, _perSecond, _harsher, _seed };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"{Machine.Describe()}, seed {parsed.GetValue(_seed)}\n");
        var usual = FaultRates.Usual;
        FaultResult[] results =
        [
            await RunAsync(parsed, usual, (arms, changes) => arms.GatewayAsync(changes, cancellationToken), cancellationToken),
            await RunAsync(parsed, usual, (arms, changes) => arms.EdgeQueueAsync(changes, cancellationToken), cancellationToken),
            await RunAsync(parsed, usual.Times(parsed.GetValue(_harsher)), (arms, changes) => arms.GatewayAsync(changes, cancellationToken), cancellationToken),
        ];
        var table = new MarkdownTable(
            "arm", "timeouts / null receipts / drops / crashes", "struck", "changes", "transactions", "operations", "**wrong at the end**", "**doubled**", "**stale**", "failed on chain", "all right after the faults, s");
        foreach (var r in results)
        {
            table.Add(
                r.Arm, $"{r.Rates}", $"{r.Plan.Struck("timeout")} / {r.Plan.Struck("null receipt")} / {r.Plan.Struck("drop")} / {r.Plan.Struck("crash")}",
                $"{r.Changes}", $"{r.Transactions}", $"{r.Verdict.Operations}", $"{r.Wrong}", $"{r.Verdict.Doubled}", $"{r.Verdict.Stale}", $"{r.Failed}",
                r.Right is { } right ? Machine.Number(right.TotalSeconds) : "never");
        }

        table.Print(output);
        await output.WriteLineAsync($"Redis: {_redis}, load after: {Machine.Load()}");
        var isSound = results.All(r => r.Arm == "edge queue" || (r.Wrong == 0 && r.Verdict.Doubled == 0 && r.Verdict.Stale == 0));
        return isSound ? 0 : 1;
    }

    private async Task<FaultResult> RunAsync(
        ParseResult parsed, FaultRates rates, Func<FaultArms, IReadOnlyList<VmChange>, Task<FaultResult>> run, CancellationToken cancellationToken)
    {
        await using var world = await BenchWorld.StartAsync(Payers, cancellationToken);
        _redis = world.RedisKind;
        var accounts = world.Devnet.Chain.Accounts;
        var shape = new ChurnShape([.. accounts.Payers.Select(p => p.Address)], [.. accounts.Payees.Select(p => p.Address)], NodesPerPayer: 2, LeasesPerPayer: 4);
        var churn = new Churn(shape, parsed.GetValue(_seed), "v");
        var opens = churn.Open(parsed.GetValue(_perSecond));
        var more = churn.Mixed(parsed.GetValue(_changes), parsed.GetValue(_perSecond)).Select(c => c with { Due = c.Due + opens[^1].Due });
        return await run(new FaultArms(world, rates, parsed.GetValue(_seed), time), [.. opens, .. more]);
    }
}

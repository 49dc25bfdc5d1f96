using System.CommandLine;
using Gateway.Benchmarks.Gas;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Bursts;

/// <summary><c>churn</c>: VMs that start and stop every few seconds for an hour of the chain's time, beside one change on chain for each start and stop.</summary>
internal sealed class BurstCommand(TextWriter output)
{
    private readonly Option<int> _payers = Numbers.Option("--payers", "Customers.", 3);
    private readonly Option<int> _nodes = Numbers.Option("--nodes", "Node operators, shared by all customers.", 2);
    private readonly Option<int> _vms = Numbers.Option("--vms", "VMs of one customer.", 4);
    private readonly Option<int> _minutes = Numbers.Option("--minutes", "How long they start and stop, by the chain's clock.", 60);
    private readonly Option<int> _seed = Numbers.Option("--seed", "The same seed, the same work.", 1);

    public Command Create()
    {
        var command = new Command("churn", "Transactions, gas, drift and exposure of bursty work.") { _payers, _nodes, _vms, _minutes, _seed };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var world = await BenchWorld.StartAsync(parsed.GetValue(_payers), cancellationToken);
        var control = world.Devnet.Chain.Anvil.Control;
        await output.WriteLineAsync($"{Machine.Describe()}, Redis: {world.RedisKind}\n");
        var vms = VmsOf(world, parsed);
        var span = TimeSpan.FromMinutes(parsed.GetValue(_minutes));
        var switches = new BurstLoad(parsed.GetValue(_seed)).Of(vms, span);

        var snapshot = await control.SnapshotAsync(cancellationToken);
        await Console.Error.WriteLineAsync($"{switches.Count} starts and stops of {vms.Count} VMs in {span.TotalMinutes} minutes of the chain's time…");
        await using var run = await BurstRun.StartAsync(world, cancellationToken);
        var measured = await run.RunAsync(vms, switches, cancellationToken);

        await control.RevertAsync(snapshot, cancellationToken);
        await Console.Error.WriteLineAsync("Sending one change for each…");
        var single = await new ControlChain(world.Devnet).RunAsync(ControlArm.All[1], [MovesOf(world, switches)], cancellationToken);
        Print(measured, single);
        return 0;
    }

    private List<BurstVm> VmsOf(BenchWorld world, ParseResult parsed)
    {
        // Of the closest peer's price list (incidents.md §4.2): one compute unit an hour; no two alike.
        const long OneUnit = 15_277_777_777_777;
        var (vms, nodes) = (parsed.GetValue(_vms), parsed.GetValue(_nodes));
        return
        [
            .. world.Devnet.Chain.Accounts.Payers.Take(parsed.GetValue(_payers)).SelectMany((payer, p) => Enumerable.Range(0, vms).Select(v => new BurstVm(
                $"b{p}-{v}", payer.Address, DevAccount.Of("payee", v % nodes).Address, FlowRate.FromWeiPerSecond((OneUnit * (1 + (v % 4))) + (p * 100) + v)))),
        ];
    }

    /// <summary>By the second in which they happen.</summary>
    private static List<IReadOnlyList<IReadOnlyList<FlowMove>>> MovesOf(BenchWorld world, IReadOnlyList<VmSwitch> switches)
    {
        var chain = world.Devnet.Chain;
        var ledger = new FlowLedger(chain.Tokens.Aleph, chain.Accounts.Community.Address);
        return
        [
            .. switches.GroupBy(s => (long)s.At.TotalSeconds).Select(second => (IReadOnlyList<IReadOnlyList<FlowMove>>)
            [
                .. second.Select(s => ledger.Apply(new VmChange(
                    0, s.At, s.Runs ? ChangeKind.Open : ChangeKind.Close, s.Vm.Lease, s.Vm.Payer, s.Vm.Node, s.Runs ? s.Vm.Rate : FlowRate.Zero))),
            ]),
        ];
    }

    private void Print(BurstFigures measured, ArmResult single)
    {
        var sent = single.Bursts.Sum(b => b.Transactions);
        var table = new MarkdownTable($"{measured.Changes} starts and stops", "the gateway", "one transaction for each, both legs", "ratio");
        table.Add("transactions", $"{measured.Transactions.Count}", $"{sent}", Ratio(measured.Transactions.Count, sent));
        table.Add("gas", $"{measured.Gas}", $"{single.Gas}", Ratio(measured.Gas, single.Gas));
        table.Print(output);

        var flows = measured.Flows;
        var drift = new MarkdownTable("streamed − used of a flow, in seconds' worth of all its VMs", "largest");
        drift.Add("ahead: paid and not used yet", Machine.Number(flows.MostAhead));
        drift.Add("behind: used and not paid yet", Machine.Number(flows.MostBehind));
        drift.Add("either, when everything is closed", Machine.Number(flows.Rest, "0.000"));
        drift.Print(output);
        output.WriteLine($"Used {flows.Used}, streamed {flows.Streamed}. No flow runs {measured.SecondsToEnd} s after the last stop.");
    }

    private static string Ratio(double own, double other) => $"1/{Machine.Number(other / own)}";
}

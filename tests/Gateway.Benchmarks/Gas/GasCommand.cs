using System.CommandLine;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Devnet.Accounts;

namespace Gateway.Benchmarks.Gas;

/// <summary><c>gas</c>: what VM changes under churn cost through the gateway, beside really sent transactions of others' ways for the same changes.</summary>
internal sealed class GasCommand(TextWriter output, TimeProvider time)
{
    private static readonly TimeSpan Target = TimeSpan.FromSeconds(5);

    private readonly Option<int> _payers = Numbers.Option("--payers", "Customers.", 40);
    private readonly Option<int> _nodes = Numbers.Option("--nodes", "Node operators, shared by all customers.", 10);
    private readonly Option<int> _nodesPerPayer = Numbers.Option("--nodes-per-payer", "On how many of them one customer has his VMs.", 2);
    private readonly Option<int> _leases = Numbers.Option("--leases", "VMs of one customer.", 15);
    private readonly Option<int> _perSecond = Numbers.Option("--per-second", "Changes asked for in a second, as a Poisson process.", 300);
    private readonly Option<int> _window = Numbers.Option("--coalescing-milliseconds", "The gateway's coalescing window.", 3000);
    private readonly Option<int> _seed = Numbers.Option("--seed", "The same seed, the same changes.", 1);

    public Command Create()
    {
        var command = new Command("gas", "Gas per VM change under churn.") { _payers, _nodes, _nodesPerPayer, _leases, _perSecond, _window, _seed };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var world = await BenchWorld.StartAsync(parsed.GetValue(_payers), cancellationToken);
        var control = world.Devnet.Chain.Anvil.Control;
        await output.WriteLineAsync($"{Machine.Describe()}, Redis: {world.RedisKind}\n");
        var bursts = BurstsOf(world, parsed);

        var snapshot = await control.SnapshotAsync(cancellationToken);
        var measured = await new GasRun(world, time).RunAsync(
            bursts, [KeyValuePair.Create("Gateway__Settlement__CoalescingWindow", $"{TimeSpan.FromMilliseconds(parsed.GetValue(_window)):c}")], cancellationToken);

        await control.StopMiningAsync(cancellationToken);
        var arms = new List<ArmResult>();
        foreach (var arm in ControlArm.All)
        {
            await control.RevertAsync(snapshot, cancellationToken);
            snapshot = await control.SnapshotAsync(cancellationToken);
            arms.Add(await new ControlChain(world.Devnet).RunAsync(arm, MovesOf(world, measured), cancellationToken));
        }

        new GasReport(output).Print(measured, arms, Target);
        return 0;
    }

    private List<(string Name, IReadOnlyList<VmChange> Changes)> BurstsOf(BenchWorld world, ParseResult parsed)
    {
        var shape = new ChurnShape(
            [.. world.Devnet.Chain.Accounts.Payers.Select(p => p.Address)],
            [.. Enumerable.Range(0, parsed.GetValue(_nodes)).Select(n => DevAccount.Of("payee", n).Address)],
            parsed.GetValue(_nodesPerPayer),
            parsed.GetValue(_leases));
        var churn = new Churn(shape, parsed.GetValue(_seed), "v");
        double perSecond = parsed.GetValue(_perSecond);
        var open = churn.Open(perSecond);
        return
        [
            ("opens", open), ("80 % resizes, 10 % opens, 10 % closes", churn.Mixed(open.Count, perSecond)), ("every other customer redeploys", churn.Redeploy(perSecond)),
            ("closes", churn.CloseAll(perSecond)),
        ];
    }

    /// <summary>The accepted changes, in the order and by the second in which they were accepted.</summary>
    private static List<IReadOnlyList<IReadOnlyList<IReadOnlyList<FlowMove>>>> MovesOf(BenchWorld world, IReadOnlyList<GatewayBurst> bursts)
    {
        var chain = world.Devnet.Chain;
        var ledger = new FlowLedger(chain.Tokens.Aleph, chain.Accounts.Community.Address);
        return
        [
            .. bursts.Select(b => (IReadOnlyList<IReadOnlyList<IReadOnlyList<FlowMove>>>)
            [
                .. b.Changes.Where(s => s.Refusal is null)
                    .GroupBy(s => s.AcceptedAt.ToUnixTimeSeconds())
                    .Select(second => (IReadOnlyList<IReadOnlyList<FlowMove>>)[.. second.Select(s => ledger.Apply(s.Change))]),
            ]),
        ];
    }
}

using System.CommandLine;
using Gateway.Benchmarks.Running;
using Gateway.Benchmarks.Scale;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Ledgers;

/// <summary><c>ledgers</c>: what it costs to move on the flow ledger of an account at which nothing has changed, together with others and alone.</summary>
internal sealed class LedgerCommand(TextWriter output, TimeProvider time)
{
    private readonly Option<int> _accounts = Numbers.Option("--accounts", "Accounts, each with one flow.", 2_000);
    private readonly Option<int> _leases = Numbers.Option("--leases-each", "Leases of each account.", 10);

    public Command Create()
    {
        var command = new Command("ledgers", "Flow ledgers of idle accounts: CPU, requests and commands for each, together and alone.") { _accounts, _leases };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(_accounts), parsed.GetValue(_leases), cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(int accounts, int leases, CancellationToken cancellationToken)
    {
        await using var world = await BenchWorld.StartAsync(payers: 1, cancellationToken);
        var chain = world.Devnet.Chain;
        await chain.Anvil.Control.StopMiningAsync(cancellationToken);
        await output.WriteLineAsync($"{Machine.Describe()}, Redis: {world.RedisKind}\n");
        await Console.Error.WriteLineAsync("Writing flows, leases and ledgers…");
        var since = (await chain.Anvil.Rpc.GetLatestBlockAsync(cancellationToken)).Block.Time;
        var people = new Population(accounts, leases, chain.Tokens.Aleph, new TokenParameters(14_400, 1_800, TokenAmount.Zero), since);
        await chain.Anvil.Control.MineAsync(cancellationToken);
        await new SeededChain(chain).WriteAsync(people, cancellationToken);
        await chain.Anvil.Control.MineAtAsync(since.PlusSeconds(60), cancellationToken); // What changed in the second of its block is not quiet yet.
        var block = (await chain.Anvil.Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        await using var store = new SeededStore(world.RedisConnection);
        await store.WriteAsync(people, block, ScaleRun.Audit, time.GetUtcNow(), cancellationToken);

        await using var run = await LedgerRun.StartAsync(world, store, people, time.GetUtcNow(), cancellationToken);
        await Console.Error.WriteLineAsync("Moving them on…");
        var (alone, together) = await run.RunAsync(cancellationToken);
        Print(accounts, alone, together);
        await output.WriteLineAsync($"Load after: {Machine.Load()}");
        return 0;
    }

    private void Print(int accounts, PassFigures alone, PassFigures together)
    {
        var table = new MarkdownTable($"one pass over {accounts} idle accounts, for each of them", "together", "alone", "ratio");
        Add("CPU of the gateway, µs", p => p.Cpu.TotalMicroseconds / accounts);
        Add("time, µs", p => p.Took.TotalMicroseconds / accounts);
        Add("requests to the chain", p => (double)p.Requests / accounts);
        Add("commands of Redis", p => (double)p.Commands / accounts);
        table.Print(output);

        void Add(string what, Func<PassFigures, double> figure) =>
            table.Add(what, Machine.Number(figure(together), "0.###"), Machine.Number(figure(alone), "0.###"), $"1/{Machine.Number(figure(alone) / figure(together))}");
    }
}

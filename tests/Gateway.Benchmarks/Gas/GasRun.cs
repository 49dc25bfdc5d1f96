using Gateway.Benchmarks.Chains;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Client;

namespace Gateway.Benchmarks.Gas;

/// <summary>One burst through the gateway.</summary>
/// <param name="Right">From the last answer until a block showed every flow right; null where that took too long.</param>
internal sealed record GatewayBurst(string Name, IReadOnlyList<Submitted> Changes, IReadOnlyList<MinedTransaction> Transactions, TimeSpan? Right)
{
    public int Accepted => Changes.Count(c => c.Refusal is null);

    /// <summary>From the first request to the last answer.</summary>
    public TimeSpan Lasted => Changes[^1].AcceptedAt - Changes.Min(c => c.DueAt);

    public ulong Gas => Transactions.Aggregate(0UL, (sum, t) => sum + t.GasUsed);

    public ulong GasCharged => Transactions.Aggregate(0UL, (sum, t) => sum + t.GasCharged);
}

/// <summary>Bursts through a real gateway, one after the other, each until every flow is right.</summary>
internal sealed class GasRun(BenchWorld world, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<GatewayBurst>> RunAsync(
        IReadOnlyList<(string Name, IReadOnlyList<VmChange> Changes)> bursts, IEnumerable<KeyValuePair<string, string>> settings, CancellationToken cancellationToken)
    {
        await using var server = await world.StartGatewayAsync(cancellationToken, settings);
        using var client = new SchedulerClient(world.Devnet.GrpcUrl);
        var chain = world.Devnet.Chain;
        var ledger = new FlowLedger(chain.Tokens.Aleph, chain.Accounts.Community.Address);
        var check = new FlowCheck(world.Devnet, time);
        var history = new OperatorHistory(chain.Anvil.Transport, chain.Accounts.Operator.Address);
        using var loop = new OpenLoop(client, chain.Accounts.Community.Address, time);
        var done = new List<GatewayBurst>();
        foreach (var (name, changes) in bursts)
        {
            var before = await chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken);
            var submitted = await loop.RunAsync(changes, cancellationToken);
            foreach (var change in submitted.Where(s => s.Refusal is null))
                ledger.Apply(change.Change);
            var right = await check.UntilRightAsync(ledger.Flows, Patience, cancellationToken);
            var end = right?.Block ?? await chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken);
            var transactions = await history.ReadAsync(before, end, cancellationToken);
            done.Add(new GatewayBurst(name, submitted, transactions, right?.At - submitted[^1].AcceptedAt));
            await Console.Error.WriteLineAsync($"{name}: {submitted.Count} changes, {transactions.Count} transactions");
        }

        return done;
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Benchmarks.Load;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transactions;
using Gateway.Chain.Transport;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Gas;

/// <summary>What one burst cost, settled in some way.</summary>
/// <param name="SecondsBehind">Blocks, one a second, that were still needed when the last change had come.</param>
internal sealed record ArmBurst(int Transactions, int Operations, ulong Gas, int SecondsBehind);

internal sealed record ArmResult(string Name, IReadOnlyList<ArmBurst> Bursts)
{
    public ulong Gas => Bursts.Aggregate(0UL, (sum, b) => sum + b.Gas);
}

/// <summary>Sends the transactions of an arm from the operator's key, on the chain as it was before the gateway ran.</summary>
/// <remarks>A block a second, filled to the same gas limit, so that what does not fit waits as it would; the chain's clock is moved instead of waited for.</remarks>
internal sealed class ControlChain(DevnetWorld world)
{
    /// <summary>Anvil takes 2 MB a request, and the largest batch has 70 kB in hex.</summary>
    private const int SentAtOnce = 20;

    /// <summary>Gas is compared, not its price: no base fee keeps anything waiting.</summary>
    private static readonly Wei MaxFee = Wei.FromGwei(100_000);

    private static readonly Wei Tip = Wei.FromGwei(1);

    private Nonce _nonce;

    private IEthRpc Rpc => world.Chain.Anvil.Rpc;

    private Address Operator => world.Chain.Accounts.Operator.Address;

    /// <param name="bursts">Each as the moves of its changes, by the second in which they came.</param>
    public async Task<ArmResult> RunAsync(ControlArm arm, IReadOnlyList<IReadOnlyList<IReadOnlyList<IReadOnlyList<FlowMove>>>> bursts, CancellationToken cancellationToken)
    {
        var planner = new ControlPlanner(world.Chain.Contracts);
        _nonce = await Rpc.GetTransactionCountAsync(Operator, await Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken);
        var (waiting, done) = (new Queue<PlannedTransaction>(), new List<ArmBurst>());
        foreach (var seconds in bursts)
        {
            var from = await Rpc.GetBlockNumberAsync(cancellationToken);
            var (sent, operations) = (0, 0);
            IReadOnlyList<IReadOnlyList<FlowMove>>[] windows = arm.KnowsBurst ? [[.. seconds.SelectMany(s => s)]] : [.. seconds];
            foreach (var transactions in windows.Select(w => arm.Plan(planner, w).ToList()))
            {
                transactions.ForEach(waiting.Enqueue);
                (sent, operations) = (sent + transactions.Count, operations + transactions.Sum(t => t.Operations));
                await FillBlockAsync(waiting, cancellationToken);
            }

            var blocks = 1;
            for (; waiting.Count > 0; blocks++)
                await FillBlockAsync(waiting, cancellationToken);
            done.Add(new ArmBurst(sent, operations, await GasSinceAsync(from, cancellationToken), blocks));
        }

        if (await Rpc.GetTransactionCountAsync(Operator, await Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken) != _nonce)
            throw new InvalidOperationException($"Not everything of '{arm.Name}' is on chain.");
        return new ArmResult(arm.Name, done);
    }

    /// <summary>One block with what it takes of them. Anvil would drop what does not fit once a smaller one with a later nonce does.</summary>
    private async Task FillBlockAsync(Queue<PlannedTransaction> waiting, CancellationToken cancellationToken)
    {
        var head = await Rpc.GetLatestBlockAsync(cancellationToken);
        var (some, gas) = (new List<PlannedTransaction>(), 0UL);
        while (waiting.TryPeek(out var next) && gas + next.GasLimit <= head.GasLimit)
        {
            gas += next.GasLimit;
            some.Add(waiting.Dequeue());
        }

        foreach (var chunk in some.Chunk(SentAtOnce))
        {
            var calls = new List<RpcCall>();
            foreach (var planned in chunk)
                calls.Add(new RpcCall("eth_sendRawTransaction", new JsonArray(await SignAsync(planned, cancellationToken))));
            foreach (var answer in await world.Chain.Anvil.Transport.SendBatchAsync(calls, cancellationToken))
                answer.Unwrap();
        }

        await world.Chain.Anvil.Control.MineAtAsync(head.Block.Time.PlusSeconds(1), cancellationToken);
    }

    private async Task<string> SignAsync(PlannedTransaction planned, CancellationToken cancellationToken)
    {
        var transaction = new Eip1559Transaction(
            world.Chain.Deployment.ChainId, _nonce, Tip, MaxFee, planned.GasLimit, world.Chain.Contracts.Host, Wei.Zero, planned.Data);
        _nonce = _nonce.Next;
        return $"0x{Convert.ToHexStringLower((await transaction.SignAsync(world.Chain.Accounts.Operator.Signer, cancellationToken)).Raw)}";
    }

    /// <summary>Nobody else sends anything here: the blocks' gas is the arm's.</summary>
    private async Task<ulong> GasSinceAsync(BlockNumber after, CancellationToken cancellationToken)
    {
        var (head, gas) = (await Rpc.GetBlockNumberAsync(cancellationToken), 0UL);
        for (var number = after.Plus(1); number <= head; number = number.Plus(1))
        {
            var block = await world.Chain.Anvil.Transport.SendAsync(
                new RpcCall("eth_getBlockByNumber", new JsonArray($"0x{number.Value:x}", false)), cancellationToken);
            gas += ulong.Parse((block.GetProperty("gasUsed").GetString() ?? "").AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        return gas;
    }
}

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

/// <summary>What a way of settling cost.</summary>
/// <param name="SecondsBehind">By burst: blocks, one a second, that were still needed when the last change had come.</param>
internal sealed record ArmResult(string Name, int Transactions, int Operations, ulong Gas, IReadOnlyList<int> SecondsBehind);

/// <summary>Sends the transactions of an arm from the operator's key, on the chain as it was before the gateway ran.</summary>
/// <remarks>A block a second, filled to the same gas limit, so that what does not fit waits as it would; the chain's clock is moved instead of waited for.</remarks>
internal sealed class ControlChain(DevnetWorld world)
{
    /// <summary>Anvil takes 2 MB a request, and the largest batch has 70 kB in hex.</summary>
    private const int SentAtOnce = 20;

    /// <summary>Blocks after which something is stuck.</summary>
    private const int MostWaited = 600;

    /// <summary>Gas is compared, not its price: no base fee keeps anything waiting.</summary>
    private static readonly Wei MaxFee = Wei.FromGwei(100_000);

    private static readonly Wei Tip = Wei.FromGwei(1);

    private IEthRpc Rpc => world.Chain.Anvil.Rpc;

    private Address Operator => world.Chain.Accounts.Operator.Address;

    /// <param name="bursts">Each as the moves of its changes, by the second in which they came.</param>
    public async Task<ArmResult> RunAsync(ControlArm arm, IReadOnlyList<IReadOnlyList<IReadOnlyList<IReadOnlyList<FlowMove>>>> bursts, CancellationToken cancellationToken)
    {
        var planner = new ControlPlanner(world.Chain.Contracts);
        var from = await Rpc.GetBlockNumberAsync(cancellationToken);
        var (sent, operations, behind) = (0, 0, new List<int>());
        var nonce = await Rpc.GetTransactionCountAsync(Operator, from, cancellationToken);
        foreach (var seconds in bursts)
        {
            IReadOnlyList<IReadOnlyList<FlowMove>>[] windows = arm.KnowsBurst ? [[.. seconds.SelectMany(s => s)]] : [.. seconds];
            foreach (var window in windows)
            {
                var transactions = arm.Plan(planner, window).ToList();
                nonce = await SendAsync(transactions, nonce, cancellationToken);
                (sent, operations) = (sent + transactions.Count, operations + transactions.Sum(t => t.Operations));
                await MineAsync(cancellationToken);
            }

            var waited = 0;
            while (await ConsumedAsync(cancellationToken) < nonce.Value)
            {
                if (++waited == MostWaited)
                    throw new InvalidOperationException($"'{arm.Name}' is not in after {MostWaited} blocks.");
                await MineAsync(cancellationToken);
            }

            behind.Add(waited + 1);
        }

        return new ArmResult(arm.Name, sent, operations, await GasSinceAsync(from, cancellationToken), behind);
    }

    private async Task<Nonce> SendAsync(IReadOnlyList<PlannedTransaction> transactions, Nonce nonce, CancellationToken cancellationToken)
    {
        foreach (var some in transactions.Chunk(SentAtOnce))
        {
            var calls = new List<RpcCall>();
            foreach (var planned in some)
            {
                var transaction = new Eip1559Transaction(
                    world.Chain.Deployment.ChainId, nonce, Tip, MaxFee, planned.GasLimit, world.Chain.Contracts.Host, Wei.Zero, planned.Data);
                var signed = await transaction.SignAsync(world.Chain.Accounts.Operator.Signer, cancellationToken);
                calls.Add(new RpcCall("eth_sendRawTransaction", new JsonArray($"0x{Convert.ToHexStringLower(signed.Raw)}")));
                nonce = nonce.Next;
            }

            foreach (var answer in await world.Chain.Anvil.Transport.SendBatchAsync(calls, cancellationToken))
                answer.Unwrap();
        }

        return nonce;
    }

    private async Task MineAsync(CancellationToken cancellationToken)
    {
        var head = await Rpc.GetLatestBlockAsync(cancellationToken);
        await world.Chain.Anvil.Control.MineAtAsync(head.Block.Time.PlusSeconds(1), cancellationToken);
    }

    private async Task<ulong> ConsumedAsync(CancellationToken cancellationToken) =>
        (await Rpc.GetTransactionCountAsync(Operator, await Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken)).Value;

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

using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Gateway.Server.Chains;
using Gateway.Server.Resilience;

namespace Gateway.Server.Settlement;

/// <summary>The chain through every endpoint there is: state from whoever has the block, receipts from any of them, signed bytes to all.</summary>
internal sealed class LaneChain(RpcPool pool, ChainReader reader, ChainDirectory directory, SettlementMetrics metrics) : ILaneChain
{
    private const int BlocksAtOnce = 8;

    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    public async Task<LaneHead> HeadAsync(CancellationToken cancellationToken)
    {
        var header = await pool.GetLatestBlockAsync(cancellationToken);
        var consumed = pool.GetTransactionCountAsync(directory.Operator, header.Block.Number, cancellationToken);
        var balance = pool.GetBalanceAsync(directory.Operator, header.Block.Number, cancellationToken);
        await Task.WhenAll(consumed, balance);
        return new LaneHead(header.Block, header.BaseFee, header.GasLimit, await consumed, await balance);
    }

    public Task<Nonce> ConsumedAtAsync(BlockNumber block, CancellationToken cancellationToken) =>
        pool.GetTransactionCountAsync(directory.Operator, block, cancellationToken);

    public async Task<IReadOnlyList<Nonce>> ConsumedPerEndpointAsync(CancellationToken cancellationToken) =>
        [.. (await pool.GetTransactionCountPerEndpointAsync(directory.Operator, cancellationToken)).Select(c => c.Count)];

    public async Task<PendingCount> PendingAsync(CancellationToken cancellationToken)
    {
        var counts = await pool.GetPendingCountPerEndpointAsync(directory.Operator, cancellationToken);
        var isOnly = pool.Endpoints.Count(e => !e.IsQuarantined) == 1;
        return new PendingCount(counts[0], isOnly ? counts[0] : counts.Count > 1 ? counts[1] : null);
    }

    public async Task<BlockTime> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken) =>
        (await pool.RequireBlockAsync(block, cancellationToken)).Block.Time;

    public async Task<IReadOnlyList<PastTransaction>> OwnTransactionsAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        var found = new System.Collections.Concurrent.ConcurrentBag<PastTransaction>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = BlocksAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, checked((int)(to.Value - from.Value + 1))), options, async (i, ct) =>
        {
            foreach (var sent in await pool.GetTransactionsFromAsync(directory.Operator, from.Plus((ulong)i), ct))
                found.Add(new PastTransaction(sent.Hash, sent.Nonce, new FeeOffer(sent.MaxFeePerGas, sent.MaxPriorityFeePerGas)));
        });
        return [.. found.OrderBy(t => t.Nonce.Value)];
    }

    public async Task<LaneReceipt?> ReceiptAsync(Hash32 hash, CancellationToken cancellationToken) =>
        await pool.GetReceiptAsync(hash, cancellationToken) is { } receipt
            ? new LaneReceipt(hash, receipt.Block, receipt.Succeeded, receipt.GasUsed, receipt.EffectiveGasPrice)
            : null;

    public Task<AccountObservation> LookAsync(
        AccountKey account, IReadOnlyCollection<Address> payees, BlockRef block, CancellationToken cancellationToken) =>
        reader.LookAsync(account, payees, block, cancellationToken);

    public async Task<ImmutableArray<FlowReading>> ReadFlowsAsync(
        IReadOnlyList<FlowKey> flows, BlockNumber block, CancellationToken cancellationToken)
    {
        if (flows.Count == 0)
            return [];
        var views = flows.Select(_agreements.Flow).ToList();
        var answers = await pool.CallBatchAsync([.. views.Select(v => v.Request)], block, cancellationToken);
        return [.. views.Zip(answers, (view, answer) => view.Read(answer))];
    }

    public async Task<BroadcastResult> SendAsync(SignedBatch batch, CancellationToken cancellationToken)
    {
        var result = Broadcasts.Of(await pool.SendRawTransactionAsync(batch.Raw, cancellationToken));
        metrics.Sent(result.Kind);
        return result;
    }
}

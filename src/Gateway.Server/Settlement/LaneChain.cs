using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.Server.Settlement;

/// <summary>One endpoint by itself, where it matters which one says so.</summary>
internal sealed record LaneEndpoint(string Name, IEthRpc Rpc);

/// <summary>One look at one account at one block.</summary>
internal delegate Task<AccountObservation> AccountLook(AccountKey account, IEnumerable<Address> payees, BlockRef block, CancellationToken cancellationToken);

/// <summary>The chain through every endpoint there is: state from the best of them, receipts and counts from each, signed bytes to all.</summary>
internal sealed class LaneChain(
    IEthRpc rpc, IReadOnlyList<LaneEndpoint> endpoints, SuperfluidContracts contracts, Address operatorAddress, AccountLook look, SettlementMetrics metrics)
    : ILaneChain
{
    private readonly AgreementViews _agreements = new(contracts);

    public async Task<LaneHead> HeadAsync(CancellationToken cancellationToken)
    {
        var header = await rpc.GetLatestBlockAsync(cancellationToken);
        var consumed = rpc.GetTransactionCountAsync(operatorAddress, header.Block.Number, cancellationToken);
        var balance = rpc.GetBalanceAsync(operatorAddress, header.Block.Number, cancellationToken);
        await Task.WhenAll(consumed, balance);
        return new LaneHead(header.Block, header.BaseFee, header.GasLimit, await consumed, await balance);
    }

    public Task<Nonce> ConsumedAtAsync(BlockNumber block, CancellationToken cancellationToken) =>
        rpc.GetTransactionCountAsync(operatorAddress, block, cancellationToken);

    public async Task<IReadOnlyList<Nonce>> ConsumedPerEndpointAsync(CancellationToken cancellationToken) =>
        await AskEachAsync(ConsumedAtHeadAsync, cancellationToken);

    public async Task<LaneReceipt?> ReceiptAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        var receipts = await AskEachAsync((endpoint, ct) => endpoint.GetReceiptAsync(hash, ct), cancellationToken, isEnough: r => r is not null);
        return receipts.FirstOrDefault(r => r is not null) is { } found
            ? new LaneReceipt(hash, found.Block, found.Succeeded, found.GasUsed, found.EffectiveGasPrice)
            : null;
    }

    public Task<AccountObservation> LookAsync(
        AccountKey account, IReadOnlyCollection<Address> payees, BlockRef block, CancellationToken cancellationToken) =>
        look(account, payees, block, cancellationToken);

    public async Task<ImmutableArray<FlowReading>> ReadFlowsAsync(
        IReadOnlyList<FlowKey> flows, BlockNumber block, CancellationToken cancellationToken)
    {
        var views = flows.Select(_agreements.Flow).ToList();
        var answers = await rpc.CallBatchAsync([.. views.Select(v => v.Request)], block, cancellationToken);
        return [.. views.Zip(answers, (view, answer) => view.Read(answer))];
    }

    /// <remarks>Returns with the first acceptance: whoever is slower goes on by itself, and a step is not held up by the slowest endpoint.</remarks>
    public async Task<BroadcastResult> SendAsync(SignedBatch batch, CancellationToken cancellationToken)
    {
        List<SendOutcome> outcomes = [];
        await foreach (var done in Task.WhenEach(endpoints.Select(e => SendAsync(e, batch, cancellationToken))).WithCancellation(cancellationToken))
        {
            outcomes.Add(await done);
            if (outcomes[^1] is SendOutcome.Accepted)
                break;
        }

        return Broadcasts.Of(outcomes);
    }

    private async Task<SendOutcome> SendAsync(LaneEndpoint endpoint, SignedBatch batch, CancellationToken cancellationToken)
    {
        var outcome = await endpoint.Rpc.SendRawTransactionAsync(batch.Raw, cancellationToken);
        metrics.Sent(endpoint.Name, Broadcasts.Of(outcome));
        return outcome;
    }

    private async Task<Nonce> ConsumedAtHeadAsync(IEthRpc endpoint, CancellationToken cancellationToken) =>
        await endpoint.GetTransactionCountAsync(operatorAddress, await endpoint.GetBlockNumberAsync(cancellationToken), cancellationToken);

    /// <summary>The answers of those that have one.</summary>
    /// <exception cref="ChainException">Nobody has.</exception>
    private async Task<List<T>> AskEachAsync<T>(
        Func<IEthRpc, CancellationToken, Task<T>> ask, CancellationToken cancellationToken, Func<T, bool>? isEnough = null)
    {
        List<T> answers = [];
        ChainException? failure = null;
        await foreach (var done in Task.WhenEach(endpoints.Select(e => ask(e.Rpc, cancellationToken))).WithCancellation(cancellationToken))
        {
            try
            {
                answers.Add(await done);
            }
            catch (ChainException e)
            {
                failure = e;
                continue;
            }

            if (isEnough?.Invoke(answers[^1]) is true)
                break;
        }

        return answers.Count > 0 || failure is null ? answers : throw failure;
    }
}

using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>The chain as one process sees it: through some node, after some time, or not at all.</summary>
internal sealed class ChainPort(SimulatedNetwork network, SimulatedViews views, ProcessCalls calls, ProcessClock clock, Invariants invariants)
    : ILaneChain, IBatchVehicle
{
    private const ulong BlockGas = 15_000_000;

    public Address Operator => Cast.Operator;

    public Task<LaneHead> HeadAsync(CancellationToken cancellationToken) => calls.ChainAsync(() =>
    {
        var head = views.Head();
        return new LaneHead(head.Ref, head.BaseFee, BlockGas, new Nonce(head.Consumed), Domain.Money.Wei.FromGwei(1_000_000_000_000));
    });

    public Task<Nonce> ConsumedAtAsync(BlockNumber block, CancellationToken cancellationToken) =>
        calls.ChainAsync(() => new Nonce(views.At(block).Consumed));

    public Task<IReadOnlyList<Nonce>> ConsumedPerEndpointAsync(CancellationToken cancellationToken) => calls.ChainAsync(views.Consumed);

    public Task<PendingCount> PendingAsync(CancellationToken cancellationToken) => calls.ChainAsync(() =>
    {
        var count = new Nonce(views.Head().Consumed + (ulong)network.Waiting);
        return new PendingCount(count, count);
    });

    public Task<BlockTime> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken) => calls.ChainAsync(() => views.At(block).Ref.Time);

    public Task<IReadOnlyList<PastTransaction>> OwnTransactionsAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken) =>
        calls.ChainAsync(() =>
        {
            views.At(to);
            return network.OwnTransactions(from, to);
        });

    public Task<LaneReceipt?> ReceiptAsync(Hash32 hash, CancellationToken cancellationToken) => calls.ChainAsync(() =>
    {
        views.Reach();
        return !views.HideReceipts && network.Receipts.TryGetValue(hash, out var receipt) && views.Knows(receipt.Block.Number) ? receipt : null;
    });

    public Task<AccountObservation> LookAsync(
        AccountKey account, IReadOnlyCollection<Address> payees, BlockRef block, CancellationToken cancellationToken) => calls.ChainAsync(() =>
            views.At(block.Number).Ledger.Observe(Cast.PayerOf(account), payees, block, block.Time.AtOrAfter(clock.GetUtcNow())));

    public Task<ImmutableArray<FlowReading>> ReadFlowsAsync(IReadOnlyList<FlowKey> flows, BlockNumber block, CancellationToken cancellationToken) =>
        calls.ChainAsync(() => flows.Select(f => views.At(block).Ledger.FlowAt(Cast.IndexOf(f))).ToImmutableArray());

    public Task<BroadcastResult> SendAsync(SignedBatch batch, CancellationToken cancellationToken) => calls.CallAsync(
        () =>
        {
            invariants.Sent(batch);
            return views.AreSilent ? Unknown() : new BroadcastResult(network.Accept(network.Of(batch)), "");
        },
        Unknown);

    public Task<SimulationFailure?> SimulateAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, ulong gas, CancellationToken cancellationToken) =>
        calls.ChainAsync(() => SimulatedNetwork.Simulate(operations, views.At(block)));

    public Task<ulong> EstimateGasAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, CancellationToken cancellationToken) =>
        calls.ChainAsync(() => GasTable.Measured.Expected(operations.Select(o => o.Operation)) * 9 / 10);

    public Task<SignedBatch> SignAsync(
        IReadOnlyList<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee, CancellationToken cancellationToken) =>
        calls.ChainAsync(() => network.Sign(operations, nonce, gasLimit, fee));

    public Task<SignedBatch> ResignAsync(SignedBatch batch, FeeOffer fee, CancellationToken cancellationToken) => calls.ChainAsync(() =>
    {
        var former = network.Of(batch);
        return network.Sign(former.Operations, former.Nonce, batch.GasLimit, fee);
    });

    public Task<SignedBatch> SignCancelAsync(Nonce nonce, FeeOffer fee, CancellationToken cancellationToken) =>
        calls.ChainAsync(() => network.Sign([], nonce, 21_000, fee));

    private static BroadcastResult Unknown() => new(Broadcast.Unknown, "no answer");
}

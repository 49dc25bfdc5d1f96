using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Passes everything on; a test changes one method of it.</summary>
internal class ChainDecorator(ILaneChain inner) : ILaneChain
{
    public virtual Task<LaneHead> HeadAsync(CancellationToken cancellationToken) => inner.HeadAsync(cancellationToken);

    public virtual Task<Nonce> ConsumedAtAsync(BlockNumber block, CancellationToken cancellationToken) => inner.ConsumedAtAsync(block, cancellationToken);

    public virtual Task<IReadOnlyList<Nonce>> ConsumedPerEndpointAsync(CancellationToken cancellationToken) =>
        inner.ConsumedPerEndpointAsync(cancellationToken);

    public virtual Task<PendingCount> PendingAsync(CancellationToken cancellationToken) => inner.PendingAsync(cancellationToken);

    public virtual Task<BlockTime> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken) => inner.TimeOfAsync(block, cancellationToken);

    public virtual Task<IReadOnlyList<PastTransaction>> OwnTransactionsAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken) =>
        inner.OwnTransactionsAsync(from, to, cancellationToken);

    public Task<LaneReceipt?> ReceiptAsync(Hash32 hash, CancellationToken cancellationToken) => inner.ReceiptAsync(hash, cancellationToken);

    public Task<AccountObservation> LookAsync(
        AccountKey account, IReadOnlyCollection<Address> payees, BlockRef block, CancellationToken cancellationToken) =>
        inner.LookAsync(account, payees, block, cancellationToken);

    public Task<ImmutableArray<FlowReading>> ReadFlowsAsync(IReadOnlyList<FlowKey> flows, BlockNumber block, CancellationToken cancellationToken) =>
        inner.ReadFlowsAsync(flows, block, cancellationToken);

    public virtual Task<BroadcastResult> SendAsync(SignedBatch batch, CancellationToken cancellationToken) => inner.SendAsync(batch, cancellationToken);
}

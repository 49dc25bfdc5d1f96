using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Rpc;

/// <summary>The Ethereum methods the gateway uses, typed. One endpoint (<see cref="EthRpc"/>) or several behind one face.</summary>
/// <remarks>
/// Reads of state name a block: what "latest" is differs from node to node. Every method throws a <see cref="ChainException"/> where the chain cannot be
/// asked, except <see cref="SendRawTransactionAsync"/>, whose doubt is an outcome.
/// </remarks>
public interface IEthRpc
{
    Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken);

    /// <summary>Height of the last executed block.</summary>
    Task<BlockNumber> GetBlockNumberAsync(CancellationToken cancellationToken);

    /// <summary>The last executed block.</summary>
    Task<BlockHeader> GetLatestBlockAsync(CancellationToken cancellationToken);

    /// <summary>Null where this node has not got it (yet).</summary>
    Task<BlockHeader?> GetBlockAsync(BlockNumber number, CancellationToken cancellationToken);

    /// <summary>In the order of the chain.</summary>
    Task<IReadOnlyList<ChainLog>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken);

    /// <exception cref="ExecutionRevertedException">The call reverts.</exception>
    Task<byte[]> CallAsync(CallRequest call, BlockNumber at, CancellationToken cancellationToken);

    /// <summary>Several calls at one block. The first one that fails is named by its exception.</summary>
    Task<IReadOnlyList<byte[]>> CallBatchAsync(IReadOnlyList<CallRequest> calls, BlockNumber at, CancellationToken cancellationToken);

    /// <summary>Too low for accounts touched in the same second: take 30 % more (superfluid.md §5).</summary>
    Task<ulong> EstimateGasAsync(CallRequest call, BlockNumber at, CancellationToken cancellationToken);

    /// <summary>Transactions of this account up to and including that block: its next nonce as of then.</summary>
    Task<Nonce> GetTransactionCountAsync(Address account, BlockNumber at, CancellationToken cancellationToken);

    /// <summary>The account's next nonce with what this node's own pool holds: a hint, never what is planned by.</summary>
    Task<Nonce> GetPendingCountAsync(Address account, CancellationToken cancellationToken);

    /// <summary>What one account sent in one block, in the order of the block; empty too where this node has not got the block.</summary>
    Task<IReadOnlyList<MinedTransaction>> GetTransactionsFromAsync(Address sender, BlockNumber block, CancellationToken cancellationToken);

    Task<Wei> GetBalanceAsync(Address account, BlockNumber at, CancellationToken cancellationToken);

    /// <summary>Empty for an account without code.</summary>
    Task<byte[]> GetCodeAsync(Address account, BlockNumber at, CancellationToken cancellationToken);

    Task<SendOutcome> SendRawTransactionAsync(ReadOnlyMemory<byte> raw, CancellationToken cancellationToken);

    /// <summary>Null proves nothing: this node does not know it (yet).</summary>
    Task<TransactionReceipt?> GetReceiptAsync(Hash32 hash, CancellationToken cancellationToken);

    Task<string> GetClientVersionAsync(CancellationToken cancellationToken);
}

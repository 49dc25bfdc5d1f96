using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Watching;

/// <summary>What one step of the watcher came to.</summary>
/// <param name="Through">The chain was followed up to and including this block.</param>
/// <param name="IsBehind">There are more blocks to follow.</param>
internal sealed record Watched(BlockNumber Through, bool IsBehind);

/// <summary>Follows the chain from the stored cursor without gaps: logs of each range of blocks → accounts → a look at each → the cursor moves on.</summary>
/// <remarks>
/// Logs only say whom to look at; what follows is decided from state (AccountEvaluator). A block range that is read twice is therefore harmless, and so
/// is a range that two replicas read.
/// </remarks>
internal sealed partial class WatcherStep(
    IEthRpc rpc, SolvencyLogs solvency, GovernanceChanges governance, WatcherCursorStore cursors, TouchedAccounts accounts, ILogger<WatcherStep> logger)
{
    /// <summary>Read again where the chain does not continue what was followed: mixed back ends, a reorganised test chain.</summary>
    private const ulong Overlap = 64;

    private readonly LogRange _range = new();

    /// <exception cref="ChainException">The chain cannot be asked. Nothing is lost: the cursor stays.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer. Likewise.</exception>
    public async Task<Watched> RunOnceAsync(CancellationToken cancellationToken)
    {
        var head = await rpc.GetLatestBlockAsync(cancellationToken);
        var cursor = await cursors.ReadAsync(cancellationToken);
        if (cursor is null)
            return await StartAsync(head, cancellationToken);
        if (head.Block.Number <= cursor.Number)
            return new Watched(cursor.Number, IsBehind: false); // No new block, or a node that went back: both are waited out.

        var next = cursor.Number.Plus(1);
        var from = await ContinuesAsync(cursor, head, cancellationToken) ? next : new BlockNumber(next.Value > Overlap ? next.Value - Overlap : 0);
        var to = _range.EndOf(from, head.Block.Number);
        if (await TryReadAsync(from, to, cancellationToken) is not { } logs)
            return new Watched(cursor.Number, IsBehind: true);

        var end = to == head.Block.Number ? head : await rpc.GetBlockAsync(to, cancellationToken)
            ?? throw new RpcFailedException(new RpcOrigin("all endpoints", "eth_getBlockByNumber"), RpcFailure.Contradictory, $"the head is at {head.Block.Number}, but nobody has block {to}");
        var touched = solvency.Read(logs);
        await governance.TakeOverAsync(touched.Parameters, cancellationToken);
        await accounts.LookAsync(touched, head.Block, cancellationToken);
        await cursors.AdvanceAsync(cursor.Number, new SeenBlock(end.Block.Number, end.Block.Hash), cancellationToken);
        return new Watched(end.Block.Number, end.Block.Number < head.Block.Number);
    }

    /// <summary>Begins at the head: what was there before is found by reading state when a lease is opened.</summary>
    private async Task<Watched> StartAsync(BlockHeader head, CancellationToken cancellationToken)
    {
        await cursors.AdvanceAsync(from: null, new SeenBlock(head.Block.Number, head.Block.Hash), cancellationToken);
        return new Watched(head.Block.Number, IsBehind: false);
    }

    private async Task<bool> ContinuesAsync(SeenBlock cursor, BlockHeader head, CancellationToken cancellationToken)
    {
        var next = head.Block.Number == cursor.Number.Plus(1) ? head : await rpc.GetBlockAsync(cursor.Number.Plus(1), cancellationToken);
        if (next is not null && next.ParentHash == cursor.Hash)
            return true;
        LogBroken(cursor.Number, cursor.Hash, next?.ParentHash);
        return false;
    }

    /// <returns>Null where the range was too large; a smaller one is asked for next time.</returns>
    private async Task<IReadOnlyList<ChainLog>?> TryReadAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        try
        {
            var logs = await rpc.GetLogsAsync(solvency.OfRange(from, to), cancellationToken);
            _range.Grow();
            return logs;
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.RangeTooLarge && _range.Shrink())
        {
            return null;
        }
    }

    [LoggerMessage(EventId = 8001, Level = LogLevel.Warning, Message = "Block {Number} was followed as {Hash}, its successor names {Parent} as parent: the last blocks are read again")]
    private partial void LogBroken(BlockNumber number, Hash32 hash, Hash32? parent);
}

using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Watching;

/// <summary>Whether the chain continues what was followed; where it does not, the cursor goes back to where both still agree.</summary>
/// <remarks>
/// Avalanche's chain never does that. Nodes of different minds behind one name look like it for a moment, and a chain of tests does it. To go back too far
/// is harmless, since logs only say whom to look at; to stay would be to skip.
/// </remarks>
internal sealed partial class ChainContinuity(IEthRpc rpc, WatcherCursorStore cursors, TimeProvider time, ILogger<ChainContinuity> logger)
{
    /// <summary>Read again in any case: what the nodes of another mind showed before the break was perhaps not all of it.</summary>
    private const ulong Overlap = 64;

    /// <summary>For so long a head below the cursor is waited out: a node that is behind catches up, a chain that was set back does not.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private long? _belowSince;

    /// <param name="head">The highest of all endpoints that answer.</param>
    /// <returns>False: the cursor was moved back, and must be read again.</returns>
    public async Task<bool> HoldsAsync(SeenBlock cursor, BlockHeader head, CancellationToken cancellationToken)
    {
        if (head.Block.Number < cursor.Number)
            return await IsBelowForNowAsync(cursor, head, cancellationToken);
        _belowSince = null;
        if (head.Block.Number == cursor.Number)
            return true; // No new block. Whether it is still the same one, the next one says.
        var next = head.Block.Number == cursor.Number.Plus(1) ? head : await rpc.GetBlockAsync(cursor.Number.Plus(1), cancellationToken);
        // A head that was told and a block that nobody has: a node came or went meanwhile, and that is no break.
        if (next is null)
            throw new RpcFailedException(new RpcOrigin("all endpoints", "eth_getBlockByNumber"), RpcFailure.Behind, $"the head is at {head.Block.Number}, but nobody has block {cursor.Number.Plus(1)}");
        if (next.ParentHash == cursor.Hash)
            return true;
        LogBroken(cursor.Number, cursor.Hash, next.ParentHash);
        return !await GoBackAsync(cursor, head, cancellationToken);
    }

    private async Task<bool> IsBelowForNowAsync(SeenBlock cursor, BlockHeader head, CancellationToken cancellationToken)
    {
        if (_belowSince is not { } since)
        {
            _belowSince = time.GetTimestamp();
            return true;
        }

        if (time.GetElapsedTime(since) < Patience)
            return true;
        LogSetBack(cursor.Number, head.Block.Number, (long)Patience.TotalSeconds);
        _belowSince = null;
        return !await GoBackAsync(cursor, head, cancellationToken);
    }

    /// <returns>False where another replica has moved it meanwhile.</returns>
    private async Task<bool> GoBackAsync(SeenBlock cursor, BlockHeader head, CancellationToken cancellationToken)
    {
        var below = cursor.Number.Value > Overlap ? cursor.Number.Value - Overlap : 0;
        var target = Math.Min(Math.Min(await LastCommonAsync(head, cancellationToken), below), head.Block.Number.Value);
        // As the chain has it now: what follows is then found to continue it.
        var block = await rpc.RequireBlockAsync(new BlockNumber(target), cancellationToken);
        LogGoesBack(cursor.Number, block.Block.Number);
        return await cursors.SetBackAsync(cursor, new SeenBlock(block.Block.Number, block.Block.Hash), cancellationToken);
    }

    /// <summary>The newest block that is remembered and that the chain still has, by bisection; one below the oldest where it has none of them.</summary>
    private async Task<ulong> LastCommonAsync(BlockHeader head, CancellationToken cancellationToken)
    {
        List<SeenBlock> remembered = [.. (await cursors.HeadersAsync(cancellationToken)).Where(h => h.Number <= head.Block.Number)];
        var (common, strange) = (-1, remembered.Count);
        while (strange - common > 1)
        {
            var middle = common + ((strange - common) / 2);
            if ((await rpc.GetBlockAsync(remembered[middle].Number, cancellationToken))?.Block.Hash == remembered[middle].Hash)
                common = middle;
            else
                strange = middle;
        }

        if (common >= 0)
            return remembered[common].Number.Value;
        var oldest = remembered.Count > 0 ? remembered[0].Number.Value : head.Block.Number.Value;
        return oldest > 0 ? oldest - 1 : 0;
    }

    [LoggerMessage(EventId = 8001, Level = LogLevel.Warning, Message = "Block {Number} was followed as {Hash}, its successor names {Parent} as parent: the last blocks are read again")]
    private partial void LogBroken(BlockNumber number, Hash32 hash, Hash32 parent);

    [LoggerMessage(EventId = 8002, Level = LogLevel.Error, Message = "The chain was followed to block {Followed}, and its head has been at {Head} for {Seconds} s: it was set back")]
    private partial void LogSetBack(BlockNumber followed, BlockNumber head, long seconds);

    [LoggerMessage(EventId = 8003, Level = LogLevel.Warning, Message = "The chain is followed again from block {To}; the cursor was at {From}")]
    private partial void LogGoesBack(BlockNumber from, BlockNumber to);
}

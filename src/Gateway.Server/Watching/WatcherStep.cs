using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Watching;

/// <summary>What one step of the watcher came to.</summary>
/// <param name="Through">The chain was followed up to and including this block.</param>
/// <param name="Next">When to step again.</param>
internal sealed record Watched(BlockNumber Through, WatchNext Next)
{
    public bool IsBehind => Next == WatchNext.AtOnce;
}

/// <summary>When the next step is due.</summary>
internal enum WatchNext
{
    Unspecified = 0,

    /// <summary>There are more blocks to follow.</summary>
    AtOnce = 1,

    /// <summary>As soon as there is a newer block.</summary>
    AtNewBlock = 2,

    /// <summary>Soon: no endpoint has got yet what another one has announced.</summary>
    Soon = 3,
}

/// <summary>Follows the chain from the stored cursor without gaps: logs of each range of blocks → accounts → a look at each → the cursor moves on.</summary>
/// <remarks>
/// Logs only say whom to look at; what follows is decided from state (AccountEvaluator). A block range that is read twice is therefore harmless, and so
/// is a range that two replicas read.
/// </remarks>
internal sealed class WatcherStep(
    IEthRpc rpc, SolvencyLogs solvency, GovernanceChanges governance, WatcherCursorStore cursors, TouchedAccounts accounts, ChainContinuity continuity)
{
    private readonly LogRange _range = new();

    /// <exception cref="ChainException">The chain cannot be asked. Nothing is lost: the cursor stays.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer. Likewise.</exception>
    public async Task<Watched> RunOnceAsync(CancellationToken cancellationToken)
    {
        var head = await rpc.GetLatestBlockAsync(cancellationToken);
        var cursor = await cursors.ReadAsync(cancellationToken);
        if (cursor is null)
            return await StartAsync(head, cancellationToken);
        try
        {
            if (!await continuity.HoldsAsync(cursor, head, cancellationToken))
                return new Watched(cursor.Number, WatchNext.AtOnce);
            if (head.Block.Number <= cursor.Number)
                return new Watched(cursor.Number, WatchNext.AtNewBlock); // No new block, or a node that went back: both are waited out.
            return await FollowAsync(cursor, head, cancellationToken);
        }
        catch (ChainException e) when (IsNotThereYet(e))
        {
            return new Watched(cursor.Number, WatchNext.Soon);
        }
    }

    private async Task<Watched> FollowAsync(SeenBlock cursor, BlockHeader head, CancellationToken cancellationToken)
    {
        var from = cursor.Number.Plus(1);
        var to = _range.EndOf(from, head.Block.Number);
        if (await TryReadAsync(from, to, head, cancellationToken) is not { } logs)
            return new Watched(cursor.Number, WatchNext.AtOnce);

        var end = to == head.Block.Number ? head : await rpc.RequireBlockAsync(to, cancellationToken);
        var touched = solvency.Read(logs);
        await governance.TakeOverAsync(touched.Parameters, cancellationToken);
        await accounts.LookAsync(touched, head.Block, cancellationToken);
        await cursors.AdvanceAsync(cursor.Number, new SeenBlock(end.Block.Number, end.Block.Hash), cancellationToken);
        return new Watched(end.Block.Number, end.Block.Number < head.Block.Number ? WatchNext.AtOnce : WatchNext.AtNewBlock);
    }

    /// <summary>Begins at the head: what was there before is found by reading state when a lease is opened.</summary>
    private async Task<Watched> StartAsync(BlockHeader head, CancellationToken cancellationToken)
    {
        await cursors.AdvanceAsync(from: null, new SeenBlock(head.Block.Number, head.Block.Hash), cancellationToken);
        return new Watched(head.Block.Number, WatchNext.AtNewBlock);
    }

    /// <returns>Null where the range was too large; a smaller one is asked for next time.</returns>
    private async Task<IReadOnlyList<ChainLog>?> TryReadAsync(BlockNumber from, BlockNumber to, BlockHeader head, CancellationToken cancellationToken)
    {
        // The newest block by its hash: a node that has another block of that height, or none, must say so, where of a range it would say "none".
        if (from == head.Block.Number)
            return await rpc.GetLogsAsync(solvency.OfBlock(head.Block), cancellationToken);
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

    /// <summary>"Unknown block", "cannot query unfinalized data", a node that is behind: states that pass, between one node's news and another's (chain-and-transactions.md §0.1).</summary>
    private static bool IsNotThereYet(ChainException exception) =>
        exception is RpcRefusedException { Error: NodeError.BlockUnavailable } or RpcFailedException { Failure: RpcFailure.Behind };
}

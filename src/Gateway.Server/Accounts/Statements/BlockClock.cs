using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Server.Accounts.Statements;

/// <summary>The nodes that are configured have not kept what a statement needs.</summary>
internal sealed class HistoryUnavailableException(string what) : Exception($"The chain's past cannot be read: {what}.");

/// <summary>Finds blocks by their time. Times never fall from block to block, several blocks may share a second.</summary>
internal sealed class BlockClock(IEthRpc rpc)
{
    /// <summary>Most of what is looked for is near the head: each step down is so many times as far as the one before.</summary>
    private const ulong Stride = 16;

    /// <summary>The last block at or before that second, not below <paramref name="lowest"/>; null where that one is later already.</summary>
    /// <param name="highest">Executed.</param>
    /// <exception cref="HistoryUnavailableException">A block in between is not to be had.</exception>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    public async Task<BlockRef?> LastAtOrBeforeAsync(BlockTime time, BlockNumber lowest, BlockRef highest, CancellationToken cancellationToken)
    {
        if (highest.Time <= time)
            return highest;
        if (highest.Number < lowest)
            return null;
        BlockRef? found = null;
        var (low, high) = (lowest.Value, highest.Number.Value);
        for (var step = 1UL; found is null && highest.Number.Value - lowest.Value > step; step *= Stride)
        {
            var below = await BlockAsync(new BlockNumber(highest.Number.Value - step), cancellationToken);
            if (below.Time <= time)
                (found, low) = (below, below.Number.Value + 1);
            else
                high = below.Number.Value;
        }

        while (low < high)
        {
            var middle = await BlockAsync(new BlockNumber(low + ((high - low) / 2)), cancellationToken);
            if (middle.Time <= time)
                (found, low) = (middle, middle.Number.Value + 1);
            else
                high = middle.Number.Value;
        }

        return found;
    }

    public async Task<BlockRef> BlockAsync(BlockNumber number, CancellationToken cancellationToken) =>
        (await rpc.GetBlockAsync(number, cancellationToken))?.Block ?? throw new HistoryUnavailableException($"no node has block {number}");
}

using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Server.Settlement;

/// <summary>Finds the first block of a day by the times of blocks, over several steps where it must.</summary>
/// <remarks>
/// Backwards from the newest, in strides that double: every node has new blocks, and one that began with somebody else's state has no old ones. A block that
/// nobody has is taken to be too old, which what was found must then confirm.
/// </remarks>
internal sealed class DayStart(ILanePast chain, DateTimeOffset midnight, BlockNumber head)
{
    private ulong _least;
    private ulong _most = head.Value + 1;
    private ulong _stride = 1;
    private bool _isBounded;
    private bool _isGuessed;

    /// <param name="isOver">Asked after each question.</param>
    /// <returns>The first block that is not from before; the one after the head where all are; null: to be gone on with.</returns>
    /// <exception cref="ChainException">The chain has no answer, or nobody has blocks as old as that.</exception>
    public async Task<BlockNumber?> FindOnAsync(Func<bool> isOver, CancellationToken cancellationToken)
    {
        while (_least < _most)
        {
            var block = _isBounded ? _least + ((_most - _least) / 2) : _most - Math.Min(_stride, _most);
            if (await IsBeforeAsync(new BlockNumber(block), cancellationToken))
                (_least, _isBounded) = (block + 1, true);
            else
                (_most, _stride) = (block, _stride * 2);
            if (_least < _most && isOver())
                return null;
        }

        if (_isGuessed)
            await ConfirmAsync(new BlockNumber(_least - 1), cancellationToken);
        return new BlockNumber(_least);
    }

    private async Task<bool> IsBeforeAsync(BlockNumber block, CancellationToken cancellationToken)
    {
        try
        {
            return await TimeOfAsync(block, cancellationToken) < midnight;
        }
        catch (RpcFailedException e) when (e.Failure == RpcFailure.Contradictory)
        {
            _isGuessed = true;
            return true;
        }
    }

    /// <summary>Where it does not, what was missing was not too old: all is asked again.</summary>
    private async Task ConfirmAsync(BlockNumber before, CancellationToken cancellationToken)
    {
        (_least, _most, _stride, _isBounded, _isGuessed) = (0, head.Value + 1, 1, false, false);
        if (await TimeOfAsync(before, cancellationToken) >= midnight)
            throw new RpcFailedException(new RpcOrigin("all endpoints", "eth_getBlockByNumber"), RpcFailure.Contradictory, $"block {before} was missing, and is there");
        _least = _most = before.Value + 1;
    }

    private async Task<DateTimeOffset> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken) =>
        (await chain.TimeOfAsync(block, cancellationToken)).ToDateTimeOffset();
}

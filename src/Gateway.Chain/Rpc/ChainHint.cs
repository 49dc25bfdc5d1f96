using Gateway.Domain.Identity;

namespace Gateway.Chain.Rpc;

/// <summary>
/// What a node's socket tells. All of it says only "look": hints are lost, doubled and out of order, and what is true is read over HTTP at a named block.
/// </summary>
public abstract record ChainHint
{
    private ChainHint()
    {
    }

    /// <summary>Connected and subscribed. Whatever happened before may have been missed: look back.</summary>
    /// <param name="Connection">1 for the first one, more after each loss.</param>
    public sealed record Subscribed(int Connection) : ChainHint;

    /// <summary>There is a block of this height.</summary>
    public sealed record NewHead(BlockNumber Number) : ChainHint;

    /// <summary>A log that one of the filters is for.</summary>
    public sealed record NewLog(ChainLog Log) : ChainHint;

    /// <summary>The reader was too slow for this many hints, which are gone: look back.</summary>
    public sealed record Missed(long Hints) : ChainHint;

    /// <summary>The connection is lost; another one will be made.</summary>
    /// <param name="Why">A few words for people.</param>
    public sealed record Lost(string Why) : ChainHint;
}

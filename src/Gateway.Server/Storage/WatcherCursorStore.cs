using System.Globalization;
using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>A block that was taken over.</summary>
internal sealed record SeenBlock(BlockNumber Number, Hash32 Hash);

/// <summary>How far the chain was followed. Moved only by whoever knows where it stands: forward, or back where the chain itself went back.</summary>
internal sealed class WatcherCursorStore(RedisConnection redis, ChainId chain)
{
    /// <summary>Headers remembered, to see whether a node continues the chain that was followed.</summary>
    public const int HeadersKept = 512;

    private readonly WatcherKeys _keys = new(chain);

    /// <summary>Null before the first block.</summary>
    public async Task<SeenBlock?> ReadAsync(CancellationToken cancellationToken)
    {
        var fields = await redis.ReadAsync("HMGET", database => database.HashGetAsync(_keys.Cursor, ["number", "hash"]), cancellationToken);
        return fields[0].HasValue ? new SeenBlock(new BlockNumber((ulong)fields[0]), Hash32.Parse(fields[1].ToString())) : null;
    }

    /// <param name="from">Where the caller found it.</param>
    /// <returns>False where another replica moved it meanwhile, or where <paramref name="to"/> is not further on. Nothing was changed.</returns>
    public async Task<bool> AdvanceAsync(BlockNumber? from, SeenBlock to, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = [from is { } number ? Stored.Number(number.Value) : "", Stored.Number(to.Number.Value), to.Hash.ToString(), HeadersKept];
        return (int)await redis.RunAsync(RedisScript.Advance, [_keys.Cursor, _keys.Headers], arguments, cancellationToken) == 1;
    }

    /// <summary>Back to a block that the chain still has, where it no longer has the one that was followed. The re-scan goes back with it.</summary>
    /// <param name="from">Where the caller found it.</param>
    /// <returns>False where another replica moved it meanwhile. Nothing was changed.</returns>
    public async Task<bool> SetBackAsync(SeenBlock from, SeenBlock to, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = [Stored.Number(from.Number.Value), from.Hash.ToString(), Stored.Number(to.Number.Value), to.Hash.ToString()];
        return (int)await redis.RunAsync(RedisScript.SetBack, [_keys.Cursor, _keys.Headers, _keys.Rescan], arguments, cancellationToken) == 1;
    }

    /// <summary>The last block whose logs every endpoint was asked for again; null before the first one.</summary>
    public async Task<BlockNumber?> ReadRescannedAsync(CancellationToken cancellationToken)
    {
        var number = await redis.ReadAsync("GET", database => database.StringGetAsync(_keys.Rescan), cancellationToken);
        return number.HasValue ? new BlockNumber((ulong)number) : null;
    }

    /// <remarks>Set, not compared: of two replicas the slower one may set it back, and then a range is asked for once more.</remarks>
    public Task SetRescannedAsync(BlockNumber through, CancellationToken cancellationToken) =>
        redis.ReadAsync("SET", database => database.StringSetAsync(_keys.Rescan, Stored.Number(through.Value)), cancellationToken);

    /// <summary>The newest blocks that were taken over, the oldest of them first.</summary>
    public async Task<IReadOnlyList<SeenBlock>> HeadersAsync(CancellationToken cancellationToken)
    {
        var members = await redis.ReadAsync("ZRANGE", database => database.SortedSetRangeByRankAsync(_keys.Headers), cancellationToken);
        return [.. members.Select(Stored.Cut).Select(m => new SeenBlock(
            new BlockNumber(ulong.Parse(m.Before, NumberStyles.None, CultureInfo.InvariantCulture)), Hash32.Parse(m.After)))];
    }
}

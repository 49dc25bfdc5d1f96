using System.Globalization;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage.Documents;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Marks that accounts leave in their shard when a flow's desired rate changes. A lane copies them, and only then are they removed.</summary>
internal sealed class FlowMarks(RedisConnection redis)
{
    /// <summary>Marks of all shards that no lane has taken over yet.</summary>
    public async Task<IReadOnlyList<FlowMark>> ReadAsync(CancellationToken cancellationToken)
    {
        var shards = await redis.ReadAsync(
            "HGETALL",
            database => Task.WhenAll(Enumerable.Range(0, RedisKeys.Shards).Select(s => database.HashGetAllAsync(RedisKeys.OfShard(s).Dirty))),
            cancellationToken);
        return [.. shards.SelectMany(marks => marks).Select(Read)];
    }

    /// <summary>Marks of one account's shard that no lane has taken over yet: what a commit has just left there.</summary>
    public async Task<IReadOnlyList<FlowMark>> ReadAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).InShard.Dirty;
        var marks = await redis.ReadAsync("HGETALL", database => database.HashGetAllAsync(key), cancellationToken);
        return [.. marks.Select(Read)];
    }

    /// <summary>Removes a mark.</summary>
    /// <returns>False where there is none, or one of another generation.</returns>
    public async Task<bool> ClearAsync(FlowKey flow, ulong generation, CancellationToken cancellationToken)
    {
        RedisKey[] keys = [RedisKeys.Of(flow.Account).InShard.Dirty];
        return (int)await redis.RunAsync(RedisScript.ClearMark, keys, [flow.ToString(), Stored.Number(generation)], cancellationToken) == 1;
    }

    private static FlowMark Read(HashEntry entry)
    {
        var (generation, json) = Stored.Cut(entry.Value);
        return MarkDocument.Read(
            Stored.Flow(entry.Name.ToString()), ulong.Parse(generation, NumberStyles.None, CultureInfo.InvariantCulture), json);
    }
}

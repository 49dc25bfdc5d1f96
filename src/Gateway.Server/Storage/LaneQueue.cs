using System.Collections.Immutable;
using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>A lane's dirty flows. They wait in the order of time, and once due in the order of urgency: a stop must not queue behind ten thousand trims.</summary>
internal sealed class LaneQueue(RedisConnection redis, LaneKeys keys)
{
    /// <summary>Flows that move at a time.</summary>
    private const int Chunk = 1000;

    /// <summary>Chunks in one call; what is left moves with the next.</summary>
    private const int MaxChunks = 20;

    /// <summary>Flows under way stay among the ready ones until their slot ends; no slot has more.</summary>
    private const int MostInFlight = 256;

    /// <summary>More than any time in milliseconds, so that urgency comes first.</summary>
    private const long Step = 10_000_000_000_000;

    /// <param name="leastUrgent">Nothing that is less urgent is read.</param>
    public async Task<IReadOnlyList<LaneFlow>> DueAsync(
        DateTimeOffset now, int most, CancellationToken cancellationToken, Urgency leastUrgent = Urgency.Trim)
    {
        for (var i = 0; i < MaxChunks && await PromoteAsync(now, cancellationToken) == Chunk; i++)
        {
        }

        var ready = await redis.ReadAsync(
            "ZRANGEBYSCORE",
            database => database.SortedSetRangeByScoreAsync(
                keys.Ready, double.NegativeInfinity, ((long)leastUrgent + 1) * Step, Exclude.Stop, take: most + MostInFlight),
            cancellationToken);
        var flows = await redis.ReadAsync(
            "HGETALL", database => Task.WhenAll(ready.Select(f => database.HashGetAllAsync(f.ToString()))), cancellationToken);
        return [.. ready.Zip(flows, (key, fields) => Read(key.ToString(), fields)).OfType<LaneFlow>().Take(most)];
    }

    /// <summary>Flows as they are wanted now, under way or not; those that the lane does not know are left out.</summary>
    public async Task<IReadOnlyList<LaneFlow>> ReadAsync(IReadOnlyList<FlowKey> flows, CancellationToken cancellationToken)
    {
        var all = flows.Select(f => keys.Flow(f).ToString()).ToList();
        var read = await redis.ReadAsync("HGETALL", database => Task.WhenAll(all.Select(f => database.HashGetAllAsync(f))), cancellationToken);
        return [.. all.Zip(read, (key, fields) => Read(key, fields, evenUnderWay: true)).OfType<LaneFlow>()];
    }

    private async Task<int> PromoteAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var due = await redis.ReadAsync(
            "ZRANGEBYSCORE",
            database => database.SortedSetRangeByScoreAsync(keys.Dirty, double.NegativeInfinity, now.ToUnixTimeMilliseconds(), take: Chunk),
            cancellationToken);
        if (due.Length == 0)
            return 0;
        var flows = await redis.ReadAsync(
            "HMGET", database => Task.WhenAll(due.Select(f => database.HashGetAsync(f.ToString(), ["urgency", "marked_at"]))), cancellationToken);
        RedisValue[] arguments =
        [
            Stored.Milliseconds(now), .. due.Zip(flows, (flow, f) => new[] { flow, ((long)f[0] * Step) + (f[1].HasValue ? (long)f[1] : now.ToUnixTimeMilliseconds()) }).SelectMany(p => p),
        ];
        await redis.RunAsync(RedisScript.Promote, [keys.Dirty, keys.Ready], arguments, cancellationToken);
        return due.Length;
    }

    /// <returns>Null for one that a slot has, unless that is asked for.</returns>
    private LaneFlow? Read(string key, HashEntry[] entries, bool evenUnderWay = false)
    {
        var fields = entries.ToDictionary(e => e.Name.ToString(), e => e.Value, StringComparer.Ordinal);
        if ((!evenUnderWay && fields.ContainsKey("inflight")) || !fields.TryGetValue("rate", out var rate))
            return null;
        var traces = fields.GetValueOrDefault("traces");
        return new LaneFlow(
            keys.FlowOf(key),
            FlowRate.Parse(rate.ToString()),
            ulong.Parse(fields["gen"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture),
            (Urgency)(int)fields["urgency"],
            traces.HasValue ? [.. traces.ToString().Split(',')] : [],
            DateTimeOffset.FromUnixTimeMilliseconds((long)fields.GetValueOrDefault("marked_at", 0)),
            fields.TryGetValue("observed_block", out var block) ? new BlockNumber((ulong)block) : null,
            (int)fields.GetValueOrDefault("fails", 0),
            fields.TryGetValue("observed", out var observed)
                ? new LaneReading(FlowRate.Parse(observed.ToString()), new BlockTime((ulong)fields["observed_at"]))
                : null);
    }
}

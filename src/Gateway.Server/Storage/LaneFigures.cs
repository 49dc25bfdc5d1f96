using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>How a lane stands, for people.</summary>
/// <param name="Leader">"owner|epoch"; null where nobody leads.</param>
/// <param name="DirtyFlows">Not where they should be, as far as is known; those under way and in back-off too.</param>
/// <param name="OldestDirtyAt">When the one that has waited longest was marked, among the first <see cref="LaneFiguresReader.Examined"/> of each kind.</param>
/// <param name="SpentNavax">Taken from the budget of the day: what was paid, and the worst case of what is open.</param>
/// <param name="AssumedNavax">What the day may have cost beyond that, since Redis was lost and the chain did not tell it all yet.</param>
internal sealed record LaneFigures(string? Leader, long DirtyFlows, DateTimeOffset? OldestDirtyAt, long SpentNavax, long AssumedNavax);

/// <summary>Reads a lane's figures; it takes no part in anything.</summary>
internal sealed class LaneFiguresReader(RedisConnection redis, LaneKeys keys)
{
    /// <summary>Flows of each kind whose age is looked at.</summary>
    public const int Examined = 100;

    public Task<LaneFigures> ReadAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        redis.ReadAsync("GET", database => ReadAsync(database, now), cancellationToken);

    private async Task<LaneFigures> ReadAsync(IDatabase database, DateTimeOffset now)
    {
        var leader = database.StringGetAsync(keys.Leader);
        var spent = database.HashGetAsync(keys.Budget, LaneStore.Window(now));
        var assuming = database.HashGetAsync(keys.HighWater, ["assumed_day", "assumed"]);
        var dirty = database.SortedSetLengthAsync(keys.Dirty);
        var ready = database.SortedSetLengthAsync(keys.Ready);
        var waiting = await database.SortedSetRangeByRankAsync(keys.Dirty, 0, Examined - 1);
        var due = await database.SortedSetRangeByRankAsync(keys.Ready, 0, Examined - 1);
        var marks = await Task.WhenAll(waiting.Concat(due).Select(f => database.HashGetAsync(f.ToString(), "marked_at")));
        var oldest = marks.Where(m => m.HasValue).Select(m => (long?)m).Min();
        var assumed = await assuming;
        return new LaneFigures(
            await leader,
            await dirty + await ready,
            oldest is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null,
            (await spent) is { HasValue: true } navax ? long.Parse(navax.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0,
            assumed[0] == LaneStore.Window(now) && assumed[1].HasValue ? (long)assumed[1] : 0);
    }
}

using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Storage.Documents;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>When accounts must be looked at again. Deadlines are claimed, not owned: every replica takes some of those that are due.</summary>
internal sealed class AccountDeadlines(RedisConnection redis)
{
    private int _first;

    /// <summary>Accounts that are due, put off for the time of <paramref name="hold"/>: whoever claims one and dies leaves it to others after that.</summary>
    /// <param name="most">Bound of the answer; shards take turns in being first, and those that have more give more where others have less.</param>
    public async Task<IReadOnlyList<DueAccount>> ClaimDueAsync(DateTimeOffset now, TimeSpan hold, int most, CancellationToken cancellationToken)
    {
        var first = (Interlocked.Increment(ref _first) & int.MaxValue) % RedisKeys.Shards;
        List<int> shards = [.. Enumerable.Range(first, RedisKeys.Shards).Select(i => i % RedisKeys.Shards)];
        List<DueAccount> claimed = [];
        while (shards.Count > 0 && claimed.Count < most)
        {
            // A share each: what would be claimed beyond the bound could only be left lying for the time of the hold.
            var share = Math.Max(1, (most - claimed.Count) / shards.Count);
            var asked = shards.Take(most - claimed.Count).ToList();
            RedisValue[] arguments = [Stored.Milliseconds(now), Stored.Milliseconds(now + hold), share];
            var answers = await redis.RunEachAsync(
                RedisScript.ClaimDue, asked.Select(s => (new[] { RedisKeys.OfShard(s).Deadlines, RedisKeys.OfShard(s).Glances }, arguments)), cancellationToken);
            foreach (var (shard, answer) in asked.Zip(answers, (s, a) => (s, (string[])a!)))
            {
                claimed.AddRange(answer.Chunk(2).Select(pair => new DueAccount(Stored.Account(pair[0]), pair[1])));
                if (answer.Length / 2 < share)
                    shards.Remove(shard);
            }
        }

        return claimed;
    }

    /// <summary>A glance saw what was to be expected: verified by it, and due again at its new deadline.</summary>
    /// <param name="heldUntil">As they were claimed with.</param>
    /// <remarks>An account that was changed since it was claimed, or is to be looked at sooner, stays as it is.</remarks>
    public Task ContinueAsync(IReadOnlyCollection<GlancedAccount> glanced, DateTimeOffset heldUntil, CancellationToken cancellationToken)
    {
        var shards = glanced.GroupBy(g => RedisKeys.ShardOf(g.Due.Account)).Select(shard => (
            new[] { RedisKeys.OfShard(shard.Key).Glances, RedisKeys.OfShard(shard.Key).Deadlines },
            (RedisValue[])[Stored.Milliseconds(heldUntil), .. shard.SelectMany(Arguments)]));
        return redis.RunEachAsync(RedisScript.ContinueGlances, shards, cancellationToken);

        static IEnumerable<RedisValue> Arguments(GlancedAccount glanced) =>
            [glanced.Due.Account.ToString(), glanced.Due.StoredGlance, GlanceDocument.Write(glanced.Quiet), Stored.Milliseconds(glanced.NextAt)];
    }

    /// <summary>Of all accounts the one that is due first, or has been waiting longest; null where there is none.</summary>
    public async Task<DateTimeOffset?> OldestAsync(CancellationToken cancellationToken)
    {
        var first = await redis.ReadAsync(
            "ZRANGE",
            database => Task.WhenAll(Enumerable.Range(0, RedisKeys.Shards).Select(s => database.SortedSetRangeByRankWithScoresAsync(RedisKeys.OfShard(s).Deadlines, 0, 0))),
            cancellationToken);
        List<double> due = [.. first.SelectMany(e => e).Select(e => e.Score)];
        return due.Count > 0 ? DateTimeOffset.FromUnixTimeMilliseconds((long)due.Min()) : null;
    }

    /// <summary>Has those accounts looked at in full at their next deadline, whatever a glance would show.</summary>
    /// <remarks>A glance that is under way finds its own gone, and continues nothing.</remarks>
    public async Task ForgetGlancesAsync(Func<AccountKey, bool> isMeant, CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < RedisKeys.Shards; shard++)
        {
            var key = RedisKeys.OfShard(shard).Glances;
            var accounts = await redis.ReadAsync("HKEYS", database => database.HashKeysAsync(key), cancellationToken);
            RedisValue[] meant = [.. accounts.Where(a => isMeant(Stored.Account(a.ToString())))];
            if (meant.Length > 0)
                await redis.ReadAsync("HDEL", database => database.HashDeleteAsync(key, meant), cancellationToken);
        }
    }

    /// <summary>Has an account looked at by then, if it would not be anyway.</summary>
    public Task BringForwardAsync(AccountKey account, DateTimeOffset at, CancellationToken cancellationToken) => redis.ReadAsync(
        "ZADD",
        database => database.SortedSetAddAsync(RedisKeys.Of(account).InShard.Deadlines, account.ToString(), at.ToUnixTimeMilliseconds(), SortedSetWhen.LessThan),
        cancellationToken);
}

/// <summary>An account whose deadline has come.</summary>
/// <param name="StoredGlance">Its glance as it is stored; empty where only a full look will do.</param>
internal sealed record DueAccount(AccountKey Account, string StoredGlance)
{
    /// <summary>Null: only a full look will do.</summary>
    public QuietAccount? ReadGlance() => StoredGlance.Length == 0 ? null : GlanceDocument.TryRead(StoredGlance);
}

/// <param name="Quiet">As the glance saw it.</param>
internal sealed record GlancedAccount(DueAccount Due, QuietAccount Quiet, DateTimeOffset NextAt);

using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>When accounts must be looked at again. Deadlines are claimed, not owned: every replica takes some of those that are due.</summary>
internal sealed class AccountDeadlines(RedisConnection redis)
{
    private int _first;

    /// <summary>Accounts that are due, put off for the time of <paramref name="hold"/>: whoever claims one and dies leaves it to others after that.</summary>
    /// <param name="most">Bound of the answer; shards take turns in being first, and those that have more give more where others have less.</param>
    public async Task<IReadOnlyList<AccountKey>> ClaimDueAsync(DateTimeOffset now, TimeSpan hold, int most, CancellationToken cancellationToken)
    {
        var first = (Interlocked.Increment(ref _first) & int.MaxValue) % RedisKeys.Shards;
        List<int> shards = [.. Enumerable.Range(first, RedisKeys.Shards).Select(i => i % RedisKeys.Shards)];
        List<AccountKey> claimed = [];
        while (shards.Count > 0 && claimed.Count < most)
        {
            // A share each: what would be claimed beyond the bound could only be left lying for the time of the hold.
            var share = Math.Max(1, (most - claimed.Count) / shards.Count);
            var asked = shards.Take(most - claimed.Count).ToList();
            RedisValue[] arguments = [Stored.Milliseconds(now), Stored.Milliseconds(now + hold), share];
            var answers = await redis.RunEachAsync(
                RedisScript.ClaimDue, asked.Select(s => (new[] { RedisKeys.OfShard(s).Deadlines }, arguments)), cancellationToken);
            foreach (var (shard, answer) in asked.Zip(answers, (s, a) => (s, (string[])a!)))
            {
                claimed.AddRange(answer.Select(Stored.Account));
                if (answer.Length < share)
                    shards.Remove(shard);
            }
        }

        return claimed;
    }

    /// <summary>Has an account looked at by then, if it would not be anyway.</summary>
    public Task BringForwardAsync(AccountKey account, DateTimeOffset at, CancellationToken cancellationToken) => redis.ReadAsync(
        "ZADD",
        database => database.SortedSetAddAsync(RedisKeys.Of(account).InShard.Deadlines, account.ToString(), at.ToUnixTimeMilliseconds(), SortedSetWhen.LessThan),
        cancellationToken);
}

using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>When accounts must be looked at again. Deadlines are claimed, not owned: every replica takes some of those that are due.</summary>
internal sealed class AccountDeadlines(RedisConnection redis)
{
    private int _first;

    /// <summary>Accounts that are due, put off for the time of <paramref name="hold"/>: whoever claims one and dies leaves it to others after that.</summary>
    /// <param name="most">Bound of the answer; shards take turns in being first.</param>
    public async Task<IReadOnlyList<AccountKey>> ClaimDueAsync(DateTimeOffset now, TimeSpan hold, int most, CancellationToken cancellationToken)
    {
        // A share each, so that none is claimed beyond the bound and then left lying for the time of the hold.
        var share = Math.Max(1, most / RedisKeys.Shards);
        var first = (int)((uint)Interlocked.Increment(ref _first) % RedisKeys.Shards);
        var shards = Enumerable.Range(first, Math.Min(most, RedisKeys.Shards)).Select(i => i % RedisKeys.Shards);
        RedisValue[] arguments = [Stored.Milliseconds(now), Stored.Milliseconds(now + hold), share];
        var answers = await redis.RunEachAsync(
            RedisScript.ClaimDue, shards.Select(s => (new[] { RedisKeys.OfShard(s).Deadlines }, arguments)), cancellationToken);
        return [.. answers.SelectMany(a => (string[])a!).Select(Stored.Account)];
    }
}

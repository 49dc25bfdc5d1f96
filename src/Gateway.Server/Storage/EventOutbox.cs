using Gateway.Server.Storage.Documents;
using Gateway.Server.Webhooks;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>One event, and in which shard it waits.</summary>
internal sealed record ClaimedEvent(int Shard, WebhookEvent Event);

/// <summary>Events that nobody has taken yet. They are claimed, not owned, like deadlines: every replica delivers some of them.</summary>
internal sealed class EventOutbox(RedisConnection redis)
{
    /// <summary>Events that are due, put off for the time of <paramref name="hold"/>: whoever claims one and dies leaves it to others after that.</summary>
    /// <param name="perShard">Bound for each shard.</param>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<IReadOnlyList<ClaimedEvent>> ClaimDueAsync(DateTimeOffset now, TimeSpan hold, int perShard, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = [Stored.Milliseconds(now), Stored.Milliseconds(now + hold), perShard];
        var shards = Enumerable.Range(0, RedisKeys.Shards).ToList();
        var answers = await redis.RunEachAsync(
            RedisScript.ClaimDue, shards.Select(s => (new[] { RedisKeys.OfShard(s).Outbox, RedisKeys.OfShard(s).Events }, arguments)), cancellationToken);
        List<ClaimedEvent> claimed = [];
        foreach (var (shard, answer) in shards.Zip(answers, (s, a) => (s, (string[])a!)))
            claimed.AddRange(answer.Chunk(2).Where(e => e[1].Length > 0).Select(e => new ClaimedEvent(shard, EventDocument.Read(e[0], e[1]))));
        return claimed;
    }

    /// <summary>How many wait, in all shards.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<long> CountAsync(CancellationToken cancellationToken) => (await redis.ReadAsync(
        "ZCARD",
        database => Task.WhenAll(Enumerable.Range(0, RedisKeys.Shards).Select(s => database.SortedSetLengthAsync(RedisKeys.OfShard(s).Outbox))),
        cancellationToken)).Sum();

    /// <summary>It was taken, or is given up.</summary>
    /// <exception cref="StoreUnavailableException">No answer: it may be sent once more.</exception>
    public Task RemoveAsync(ClaimedEvent claimed, CancellationToken cancellationToken) => SettleAsync(claimed.Shard, claimed.Event.Id, "", "", cancellationToken);

    /// <summary>It was not taken, and is tried again at <paramref name="at"/>.</summary>
    /// <exception cref="StoreUnavailableException">No answer: it is tried again when the claim has run out.</exception>
    public Task PutOffAsync(int shard, WebhookEvent told, DateTimeOffset at, CancellationToken cancellationToken) =>
        SettleAsync(shard, told.Id, Stored.Milliseconds(at), EventDocument.Write(told), cancellationToken);

    private Task<RedisResult> SettleAsync(int shard, string id, RedisValue due, string json, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.OfShard(shard);
        return redis.RunAsync(RedisScript.SettleEvent, [keys.Outbox, keys.Events], [id, due, json], cancellationToken);
    }
}

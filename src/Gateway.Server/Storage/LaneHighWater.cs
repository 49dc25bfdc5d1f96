using System.Globalization;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>How far a lane has come, as its store knows it: what a loss of that store is told by, and whether one was made good.</summary>
internal sealed class LaneHighWater(RedisConnection redis, LaneKeys keys)
{
    /// <summary>What the store knows.</summary>
    /// <param name="newestConsumed">The newest nonce that the chain has consumed; null where there is none.</param>
    public Task<StoredHighWater> ReadAsync(Nonce? newestConsumed, CancellationToken cancellationToken) =>
        redis.ReadAsync("HMGET", database => ReadAsync(database, newestConsumed), cancellationToken);

    /// <summary>Which run of which server has the lane's keys; null where it does not say.</summary>
    public async Task<string?> ServerAsync(CancellationToken cancellationToken) =>
        (string?)await redis.RunAsync(RedisScript.ServerRun, [keys.HighWater], [], cancellationToken) is { Length: > 0 } run ? run : null;

    /// <param name="loss">What was found to be lost just now; null: nothing.</param>
    /// <returns>What stands there now; null where the token is deposed.</returns>
    public async Task<RaisedHighWater?> RaiseAsync(
        string token, Nonce consumed, BlockNumber block, string? server, LaneLoss? loss, CancellationToken cancellationToken)
    {
        RedisValue[] arguments =
        [
            token, consumed.Value, block.Value, server ?? "",
            loss is null ? "" : loss.JournalFrom.Value, loss is null ? "" : Stored.Milliseconds(loss.QuietUntil),
        ];
        var answer = (RedisResult[])(await redis.RunAsync(RedisScript.HighWater, [keys.Leader, keys.HighWater], arguments, cancellationToken))!;
        if ((string?)answer[0] is not "OK")
            return null;
        var name = (string?)answer[2] is { Length: > 0 } text ? text : null;
        // Repeated by every step until it was done once: whoever found the loss may have died, or have had no answer.
        if (name is not null && (int)answer[3] == 0 && !await ShutAsync(token, name, cancellationToken))
            return null;
        var assumed = (string?)answer[6] is { Length: > 0 } day ? new AssumedCosts(day, (long)answer[7]) : null;
        return new RaisedHighWater((ulong)(long)answer[1], TimeOf(name), IsSearched: (int)answer[4] == 1, IsJournalRead: (int)answer[5] == 1, assumed);
    }

    /// <summary>The journal on chain was read, and every lease in it is stored: new ones may be.</summary>
    /// <param name="loss">The end of the quiet time of the loss that was known when the reading began; null: none was.</param>
    /// <returns>False: more was lost meanwhile, and it must be read again.</returns>
    public async Task<bool> JournalReadAsync(BlockNumber through, DateTimeOffset? loss, CancellationToken cancellationToken)
    {
        var block = Stored.Number(through.Value);
        RedisValue name = loss is { } of ? Stored.Milliseconds(of) : "";
        if ((int)await redis.RunAsync(RedisScript.JournalRead, [keys.HighWater], [block, name], cancellationToken) == 0)
            return false;
        await ForEachShardAsync(database => shard => database.StringSetAsync(shard.Journal, block), cancellationToken);
        // A loss that was found in between may have shut the shards off before they were opened.
        var (now, isRead) = await redis.ReadAsync(
            "HMGET",
            async database =>
            {
                var fields = await database.HashGetAsync(keys.HighWater, ["loss", "journal"]);
                return (fields[0], fields[1].HasValue);
            },
            cancellationToken);
        if (isRead && (now.HasValue ? now : "") == name)
            return true;
        await DeleteJournalsAsync(cancellationToken);
        return false;
    }

    /// <summary>What the operator sent before a loss is known again, as far as the chain has it.</summary>
    public Task SearchedAsync(DateTimeOffset loss, CancellationToken cancellationToken) => redis.ReadAsync(
        "HSET", database => database.HashSetAsync(keys.HighWater, "searched", Stored.Milliseconds(loss)), cancellationToken);

    /// <summary>Whether a lease that is not stored here cannot be one that was lost.</summary>
    public async Task<bool> IsJournalReadAsync(CancellationToken cancellationToken)
    {
        var exist = await redis.ReadAsync(
            "EXISTS", database => Task.WhenAll(Shards.Select(s => database.KeyExistsAsync(RedisKeys.OfShard(s).Journal))), cancellationToken);
        return Array.TrueForAll(exist, e => e);
    }

    /// <summary>The same of one account's shard: the answer of a moment, which storing a lease asks again.</summary>
    public Task<bool> IsJournalReadAsync(AccountKey account, CancellationToken cancellationToken) =>
        redis.ReadAsync("EXISTS", database => database.KeyExistsAsync(RedisKeys.Of(account).InShard.Journal), cancellationToken);

    /// <summary>What the chain says that the day has cost so far, where the store knows of less.</summary>
    /// <param name="loss">That made it unknown.</param>
    /// <param name="assumedNavax">What it may have cost beyond that; 0: nothing.</param>
    /// <returns>False where the token is deposed, or there was another loss since.</returns>
    public async Task<bool> ReseedBudgetAsync(
        string token, DateTimeOffset loss, DateTimeOffset at, long navax, long assumedNavax, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = [token, Stored.Milliseconds(loss), LaneStore.Window(at), navax, assumedNavax];
        return (int)await redis.RunAsync(RedisScript.Reseed, [keys.Leader, keys.HighWater, keys.Budget], arguments, cancellationToken) == 1;
    }

    // Behind the lane's own word, so that whoever finds the shards' missing finds that one missing too.
    // Shards are not fenced: one that a deposed leader shuts off late is found shut, and costs a reading of the journal.
    private async Task<bool> ShutAsync(string token, string loss, CancellationToken cancellationToken)
    {
        await DeleteJournalsAsync(cancellationToken);
        return (int)await redis.RunAsync(RedisScript.Shut, [keys.Leader, keys.HighWater], [token, loss], cancellationToken) == 1;
    }

    private Task<bool[]> DeleteJournalsAsync(CancellationToken cancellationToken) =>
        ForEachShardAsync(database => shard => database.KeyDeleteAsync(shard.Journal), cancellationToken);

    private static DateTimeOffset? TimeOf(string? loss) =>
        loss is null ? null : DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(loss, NumberStyles.None, CultureInfo.InvariantCulture));

    private static IEnumerable<int> Shards => Enumerable.Range(0, RedisKeys.Shards);

    private Task<bool[]> ForEachShardAsync(Func<IDatabase, Func<ShardKeys, Task<bool>>> act, CancellationToken cancellationToken) => redis.ReadAsync(
        "SET", database => Task.WhenAll(Shards.Select(s => act(database)(RedisKeys.OfShard(s)))), cancellationToken);

    private async Task<StoredHighWater> ReadAsync(IDatabase database, Nonce? newestConsumed)
    {
        var reading = database.HashGetAsync(keys.HighWater, ["consumed", "block", "stamp", "server", "journal", "journal_from", "loss", "epoch"]);
        var hasSlot = newestConsumed is { } nonce ? database.KeyExistsAsync(keys.Slot(nonce)) : Task.FromResult(true);
        var fields = await reading;
        var mark = fields[2].HasValue
            ? new LaneMark(
                new Nonce((ulong)fields[0]),
                new BlockNumber((ulong)fields[1]),
                (ulong)fields[2],
                fields[7].HasValue ? (ulong)fields[7] : 0,
                fields[3] is { HasValue: true } server && server.ToString().Length > 0 ? server.ToString() : null)
            : null;
        BlockNumber? from = fields[5].HasValue ? new BlockNumber((ulong)fields[5]) : null;
        return new StoredHighWater(mark, await hasSlot, fields[4].HasValue, from, TimeOf((string?)fields[6]));
    }
}

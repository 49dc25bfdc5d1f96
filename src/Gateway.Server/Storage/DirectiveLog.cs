using System.Globalization;
using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>A directive with the position to resume from once it is handled.</summary>
internal sealed record DirectiveAt(StoredDirective Directive, DirectiveCursor Cursor);

/// <summary>The ordered log of directives: written by commits, read by cursor, kept until the scheduler reports.</summary>
/// <remarks>
/// In order per shard, and so per VM. A shard's log is kept to a bound; the latest directive of each lease outlives that until it is acknowledged. An older
/// one of the same lease is not waited for any more: what the VM should do is a level.
/// </remarks>
internal sealed class DirectiveLog(RedisConnection redis)
{
    /// <summary>Directives of one shard in one answer.</summary>
    private const int MostPerShard = 64;

    /// <summary>What comes after <paramref name="cursor"/>, in order per VM.</summary>
    /// <param name="most">Bound of the answer; more may be waiting behind it.</param>
    public async Task<IReadOnlyList<DirectiveAt>> ReadAsync(DirectiveCursor cursor, int most, CancellationToken cancellationToken)
    {
        var answers = await AskShardsAsync(
            RedisScript.ReadDirectives,
            shard => ([shard.Log, shard.Pending, shard.Directives, shard.Deliveries, shard.Seq]),
            shard => [cursor[shard], Math.Min(most, MostPerShard)],
            cancellationToken);
        // A shard that lost what this reader had read begins anew for him: otherwise he would hear of nothing until its numbers have grown past his.
        foreach (var (answer, shard) in answers.Select((a, s) => (a, s)))
            cursor = cursor.NotBeyond(shard, long.Parse(answer[0], NumberStyles.None, CultureInfo.InvariantCulture));
        var found = answers.SelectMany((a, shard) => Parse(a.AsSpan(1), shard));
        List<DirectiveAt> directives = [];
        foreach (var directive in found.OrderBy(d => d.Id.Seq).Take(most))
        {
            cursor = cursor.After(directive.Id);
            directives.Add(new DirectiveAt(directive, cursor));
        }

        return directives;
    }

    /// <summary>Directives after <paramref name="after"/> and up to <paramref name="cursor"/> on which no report has come yet: what has to be handed over again.</summary>
    /// <param name="after">Where the answer before ended: one answer is bounded, and the oldest must not stand in the way of the others for ever.</param>
    /// <returns>In order per VM. Empty: there are no more.</returns>
    public async Task<IReadOnlyList<StoredDirective>> PendingAsync(DirectiveCursor after, DirectiveCursor cursor, CancellationToken cancellationToken)
    {
        var answers = await AskShardsAsync(
            RedisScript.PendingDirectives,
            shard => ([shard.Pending, shard.Directives, shard.Deliveries]),
            shard => [after[shard], cursor[shard], MostPerShard],
            cancellationToken);
        return [.. answers.SelectMany((a, shard) => Parse(a, shard)).OrderBy(d => d.Id.Seq)];
    }

    /// <summary>Whose directive it is, as far as it is kept; null: none of this number is known (any more).</summary>
    /// <param name="lease">Asked about it too where it has left the log: what waits for a report outlives it there.</param>
    public async Task<StoredDirective?> FindAsync(DirectiveId id, LeaseId lease, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.OfShard(id.Shard);
        var seq = id.Seq.ToString(CultureInfo.InvariantCulture);
        return await redis.ReadAsync("ZRANGEBYSCORE", FindAsync, cancellationToken);

        async Task<StoredDirective?> FindAsync(IDatabase database)
        {
            var logged = database.SortedSetRangeByScoreAsync(keys.Log, id.Seq, id.Seq, take: 1);
            var waiting = database.SortedSetScoreAsync(keys.Pending, lease.Value);
            var document = database.HashGetAsync(keys.Directives, seq);
            var owner = await logged is [var member] ? Stored.Cut(member).After : await waiting is { } score && (long)score == id.Seq ? lease.Value : null;
            var json = await document;
            return owner is not null && json.HasValue ? StoredDirective.Read(id.Shard, seq, owner, deliveries: 0, json.ToString()) : null;
        }
    }

    /// <summary>The directive of a lease on which no report has come yet; null where none waits.</summary>
    public async Task<StoredDirective?> FindPendingAsync(AccountKey account, LeaseId lease, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.Of(account);
        var shard = keys.InShard;
        if (await redis.ReadAsync("ZSCORE", database => database.SortedSetScoreAsync(shard.Pending, lease.Value), cancellationToken) is not { } score)
            return null;
        var seq = ((long)score).ToString(CultureInfo.InvariantCulture);
        var json = await redis.ReadAsync("HGET", database => database.HashGetAsync(shard.Directives, seq), cancellationToken);
        var deliveries = await redis.ReadAsync("HGET", database => database.HashGetAsync(shard.Deliveries, seq), cancellationToken);
        return json.HasValue ? StoredDirective.Read(keys.Shard, seq, lease.Value, (int)deliveries, json.ToString()) : null;
    }

    /// <summary>After everything that is there. What waits for a report before it is asked for by <see cref="PendingAsync"/>, later: whatever is issued in between is found behind it.</summary>
    public async Task<DirectiveCursor> EndAsync(CancellationToken cancellationToken)
    {
        var last = await redis.ReadAsync(
            "GET", database => Task.WhenAll(Enumerable.Range(0, RedisKeys.Shards).Select(s => database.StringGetAsync(RedisKeys.OfShard(s).Seq))), cancellationToken);
        return new DirectiveCursor([.. last.Select(seq => (long)seq)]);
    }

    /// <summary>Counts that these are being handed over. Call it before they are, so that no count is too low.</summary>
    /// <returns>Which time it is for each, in the same order; at least 1.</returns>
    public async Task<IReadOnlyList<int>> DeliverAsync(IReadOnlyList<DirectiveId> directives, CancellationToken cancellationToken)
    {
        var shards = directives.GroupBy(d => d.Shard).ToList();
        var answers = await redis.RunEachAsync(
            RedisScript.Deliver,
            shards.Select(g =>
            {
                var keys = RedisKeys.OfShard(g.Key);
                return (new[] { keys.Directives, keys.Deliveries }, g.Select(d => (RedisValue)d.Seq).ToArray());
            }),
            cancellationToken);
        var counts = new Dictionary<DirectiveId, int>();
        foreach (var (shard, answer) in shards.Zip(answers, (s, a) => (s, (int[])a!)))
        {
            foreach (var (directive, count) in shard.Zip(answer))
                counts[directive] = Math.Max(1, count);
        }

        return [.. directives.Select(d => counts[d])];
    }

    /// <summary>The scheduler reported on a directive: it, and what came before it for this lease, is not handed over again.</summary>
    /// <returns>False where nothing waited, or only a newer directive does.</returns>
    public async Task<bool> AcknowledgeAsync(LeaseId lease, DirectiveId directive, CancellationToken cancellationToken)
    {
        var shard = RedisKeys.OfShard(directive.Shard);
        RedisKey[] keys = [shard.Pending, shard.Log, shard.Directives, shard.Deliveries];
        return (int)await redis.RunAsync(RedisScript.Acknowledge, keys, [lease.Value, directive.Seq], cancellationToken) == 1;
    }

    /// <summary>Nothing waits for this lease any more: its VM is gone, and a RUN that is handed over again would start it once more.</summary>
    public async Task AcknowledgeAllAsync(AccountKey account, LeaseId lease, CancellationToken cancellationToken)
    {
        if (await FindPendingAsync(account, lease, cancellationToken) is { } pending)
            await AcknowledgeAsync(lease, pending.Id, cancellationToken);
    }

    private async Task<string[][]> AskShardsAsync(
        RedisScript script, Func<ShardKeys, RedisKey[]> keys, Func<int, RedisValue[]> arguments, CancellationToken cancellationToken)
    {
        var answers = await redis.RunEachAsync(
            script, Enumerable.Range(0, RedisKeys.Shards).Select(s => (keys(RedisKeys.OfShard(s)), arguments(s))), cancellationToken);
        return [.. answers.Select(a => (string[])a!)];
    }

    private static List<StoredDirective> Parse(ReadOnlySpan<string> answer, int shard)
    {
        List<StoredDirective> found = [];
        for (var i = 0; i + 4 <= answer.Length; i += 4)
            found.Add(StoredDirective.Read(shard, answer[i], answer[i + 1], int.Parse(answer[i + 2], NumberStyles.None, CultureInfo.InvariantCulture), answer[i + 3]));
        return found;
    }
}

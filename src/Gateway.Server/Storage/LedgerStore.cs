using System.Collections.Immutable;
using System.Globalization;
using Gateway.Domain.Identity;
using Gateway.Domain.Statements;
using Gateway.Server.Storage.Documents;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>A ledger as it is stored.</summary>
/// <param name="Mismatch">What the chain said otherwise when last compared; null: nothing.</param>
internal sealed record StoredLedger(FlowLedger Ledger, string? Mismatch);

/// <summary>The block that a stored ledger goes through.</summary>
internal sealed record LedgerPlace(BlockNumber Number, Hash32 Hash)
{
    public static LedgerPlace Parse(string text)
    {
        var cut = text.IndexOf('|', StringComparison.Ordinal);
        return new LedgerPlace(new BlockNumber(ulong.Parse(text.AsSpan(0, cut), NumberStyles.None, CultureInfo.InvariantCulture)), Hash32.Parse(text[(cut + 1)..]));
    }

    /// <summary>Whether it holds all that was known through that block.</summary>
    public bool Covers(BlockRef block) => Number > block.Number || (Number == block.Number && Hash == block.Hash);

    public override string ToString() => $"{Number}|{Hash}";
}

/// <summary>Flow ledgers, one per account: moved on by compare-and-set, so that whoever reads the same blocks twice changes nothing.</summary>
/// <remarks>All methods throw <see cref="StoreUnavailableException"/> where Redis has no answer.</remarks>
internal sealed class LedgerStore(RedisConnection redis)
{
    private int _first;

    /// <summary>Null where there is none yet.</summary>
    public async Task<StoredLedger?> ReadAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).Ledger;
        var json = await redis.ReadAsync("HGET", database => database.HashGetAsync(key, "json"), cancellationToken);
        if (!json.HasValue)
            return null;
        var (ledger, mismatch) = LedgerDocument.Read(json.ToString());
        return new StoredLedger(ledger, mismatch);
    }

    /// <summary>Segments that ended at <paramref name="from"/> or later, in the order of the chain, and where the ledger stood in that very moment; null: there was none.</summary>
    public async Task<(LedgerPlace? At, ImmutableArray<FlowSegment> Segments)> SegmentsAsync(AccountKey account, BlockTime from, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.Of(account);
        var (place, stored) = await redis.ReadAsync("MULTI", BothAsync, cancellationToken);
        // Those of one second come in the order of their texts.
        return (place.HasValue ? LedgerPlace.Parse(place.ToString()) : null, [.. stored.Select(s => SegmentDocument.Read(s.ToString())).OrderBy(s => s.End!.Mark.Block).ThenBy(s => s.End!.Mark.LogIndex)]); // They have ended.

        async Task<(RedisValue At, RedisValue[] Segments)> BothAsync(IDatabase database)
        {
            var both = database.CreateTransaction();
            var at = both.HashGetAsync(keys.Ledger, "at");
            var segments = both.SortedSetRangeByScoreAsync(keys.Segments, from.UnixSeconds);
            await both.ExecuteAsync();
            return (await at, await segments);
        }
    }

    /// <param name="before">Where the caller found it; null: nowhere yet.</param>
    /// <param name="after">Through some block.</param>
    /// <param name="closed">The segments that ended on the way.</param>
    /// <param name="anew">What was stored is not to be kept: <paramref name="closed"/> is all there is.</param>
    /// <returns>False where another replica has moved it meanwhile. Nothing was changed.</returns>
    public async Task<bool> ExtendAsync(
        AccountKey account, FlowLedger? before, StoredLedger after, IEnumerable<FlowSegment> closed, bool anew, CancellationToken cancellationToken)
    {
        var through = after.Ledger.Through ?? throw new ArgumentException("A ledger is stored through some block.", nameof(after));
        RedisValue[] arguments =
        [
            before?.Through is { } former ? At(former) : "",
            At(through),
            LedgerDocument.Write(after.Ledger, through, after.Mismatch),
            anew ? "1" : "0",
            .. closed.SelectMany(s => (RedisValue[])[Stored.Number(s.End!.Mark.At.UnixSeconds), SegmentDocument.Write(s)]), // They have ended.
        ];
        var keys = RedisKeys.Of(account);
        return (int)await redis.RunAsync(RedisScript.ExtendLedger, [keys.Ledger, keys.Segments], arguments, cancellationToken) == 1;
    }

    /// <summary>Segments that ended before were dropped, or are being dropped; null: none were.</summary>
    /// <remarks>Read after the segments, it tells whether some were missing.</remarks>
    public async Task<BlockTime?> KeptSinceAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).Ledger;
        var kept = await redis.ReadAsync("HGET", database => database.HashGetAsync(key, "kept"), cancellationToken);
        return kept.HasValue ? new BlockTime((ulong)kept) : null;
    }

    /// <summary>Drops segments that ended before; what they add up to stays in the ledger.</summary>
    /// <param name="before">End of a closed period: elsewhere nothing is dropped.</param>
    /// <param name="most">1 to 1,000.</param>
    /// <returns>How many were dropped; as many as the bound: there may be more.</returns>
    public async Task<int> DropAsync(AccountKey account, BlockTime before, int most, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.Of(account);
        RedisValue[] arguments = [Stored.Number(before.UnixSeconds), most];
        return Math.Max(0, (int)await redis.RunAsync(RedisScript.DropSegments, [keys.Ledger, keys.Segments, keys.ClosedAt], arguments, cancellationToken));
    }

    /// <summary>Accounts whose ledger is to be moved on, left to the caller until <paramref name="heldUntil"/>.</summary>
    public async Task<IReadOnlyList<AccountKey>> ClaimDueAsync(DateTimeOffset now, DateTimeOffset heldUntil, int most, CancellationToken cancellationToken)
    {
        var first = (Interlocked.Increment(ref _first) & int.MaxValue) % RedisKeys.Shards;
        List<AccountKey> claimed = [];
        RedisValue[] arguments = [Stored.Milliseconds(now), Stored.Milliseconds(heldUntil), Math.Max(1, most / RedisKeys.Shards)];
        var answers = await redis.RunEachAsync(
            RedisScript.ClaimDue,
            Enumerable.Range(first, RedisKeys.Shards).Select(i => RedisKeys.OfShard(i % RedisKeys.Shards)).Select(s => (new[] { s.Ledgers, s.Glances }, arguments)),
            cancellationToken);
        foreach (var answer in answers)
            claimed.AddRange(((string[])answer!).Chunk(2).Select(pair => Stored.Account(pair[0])));
        return claimed;
    }

    /// <summary>Every account of a shard that ever had a lease.</summary>
    public async Task<IReadOnlyList<AccountKey>> AccountsAsync(int shard, CancellationToken cancellationToken)
    {
        var key = RedisKeys.OfShard(shard).Ledgers;
        var members = await redis.ReadAsync("ZRANGE", database => database.SortedSetRangeByRankAsync(key), cancellationToken);
        return [.. members.Select(m => Stored.Account(m.ToString())).OrderBy(a => a.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>Has an account's ledger moved on at that time, unless it was made due at another one since it was claimed.</summary>
    public Task PutOffAsync(AccountKey account, DateTimeOffset heldUntil, DateTimeOffset next, CancellationToken cancellationToken) => redis.RunAsync(
        RedisScript.PutOff,
        [RedisKeys.Of(account).InShard.Ledgers],
        [account.ToString(), Stored.Milliseconds(heldUntil), Stored.Milliseconds(next)],
        cancellationToken);

    internal static string At(BlockRef block) => new LedgerPlace(block.Number, block.Hash).ToString();
}

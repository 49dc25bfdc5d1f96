using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Which leases are wanted; what is empty or null does not restrict.</summary>
internal sealed record LeaseFilter
{
    public static readonly LeaseFilter All = new();

    public Address? Payer { get; init; }

    public Address? SuperToken { get; init; }

    public Address? Payee { get; init; }

    public ImmutableHashSet<LeaseState> States { get; init; } = [];

    public ImmutableHashSet<BreakerState> Breakers { get; init; } = [];

    /// <summary>Each must be there with this very value.</summary>
    public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    public bool WantsOpen => States.IsEmpty || States.Any(s => s is not (LeaseState.Closed or LeaseState.Rejected));

    public bool WantsEnded => States.IsEmpty || States.Any(s => s is LeaseState.Closed or LeaseState.Rejected);

    public bool Accepts(AccountKey account) =>
        (Payer is null || Payer == account.Payer) && (SuperToken is null || SuperToken == account.SuperToken);

    public bool Accepts(Lease lease) =>
        (States.IsEmpty || States.Contains(lease.State))
        && (Breakers.IsEmpty || Breakers.Contains(lease.Breaker.State))
        && (Payee is null || lease.Pays(Payee))
        && Labels.All(l => lease.Labels.TryGetValue(l.Key, out var value) && string.Equals(value, l.Value, StringComparison.Ordinal));
}

/// <param name="NextPageToken">Null at the end. A page may be short, even empty, before that.</param>
internal sealed record LeasePage(IReadOnlyList<Lease> Leases, string? NextPageToken);

/// <summary>Lists leases over all shards: first those that have not ended, then those that have, so that one which ends meanwhile may come twice but is not missed.</summary>
internal sealed class LeaseListing(RedisConnection redis)
{
    /// <summary>Largest page.</summary>
    public const int MaxPageSize = 1000;

    /// <summary>Index entries read at a time.</summary>
    private const int Chunk = 256;

    /// <summary>Index entries that one page looks at, so that a rare filter does not read a million leases in one call.</summary>
    private const int MostExamined = 20_000;

    /// <summary>Whether a page token has the form of those that are made here.</summary>
    public static bool IsPageToken(string token) => Place.TryParse(token, out _);

    /// <param name="pageToken">Of the page before; null for the first.</param>
    /// <exception cref="FormatException">A page token that was not made here.</exception>
    public async Task<LeasePage> ListAsync(LeaseFilter filter, int pageSize, string? pageToken, CancellationToken cancellationToken)
    {
        Place? place = pageToken is null ? Place.First(filter) : Place.Parse(pageToken);
        List<Lease> found = [];
        for (var examined = 0; place is not null && found.Count < pageSize && examined < MostExamined; examined++)
        {
            var here = place;
            var members = await redis.ReadAsync(
                "ZRANGEBYLEX",
                database => database.SortedSetRangeByValueAsync(
                    here.Index, here.After.Length == 0 ? RedisValue.Null : here.After, RedisValue.Null, Exclude.Start, Order.Ascending, 0, Chunk),
                cancellationToken);
            var wanted = members.Select(Entry.Parse).Where(e => filter.Accepts(e.Account)).ToList();
            foreach (var (entry, lease) in wanted.Zip(await ReadAsync(wanted, here.Ended, cancellationToken)))
            {
                if (lease is null || !filter.Accepts(lease))
                    continue;
                found.Add(lease);
                // The rest of the chunk is read again by the next page.
                if (found.Count == pageSize)
                    return new LeasePage(found, (here with { After = entry.Member }).ToString());
            }

            examined += members.Length;
            place = members.Length == Chunk ? here with { After = members[^1].ToString() } : here.Next(filter);
        }

        return new LeasePage(found, place?.ToString());
    }

    /// <summary>Leases that have not ended. They change while they are counted: about so many.</summary>
    public Task<long> CountOpenAsync(CancellationToken cancellationToken) => redis.ReadAsync(
        "ZCARD",
        async database => (await Task.WhenAll(Enumerable.Range(0, RedisKeys.Shards).Select(s => database.SortedSetLengthAsync(RedisKeys.OfShard(s).Open)))).Sum(),
        cancellationToken);

    /// <summary>One command for each account, or one for the shard of those that have ended: all of the entries lie in one shard.</summary>
    private Task<Lease?[]> ReadAsync(List<Entry> entries, bool ended, CancellationToken cancellationToken) => ended
        ? redis.ReadAsync("MGET", database => ReadEndedAsync(database, entries), cancellationToken)
        : redis.ReadAsync("HMGET", database => ReadOpenAsync(database, entries), cancellationToken);

    private static async Task<Lease?[]> ReadEndedAsync(IDatabase database, List<Entry> entries)
    {
        if (entries.Count == 0)
            return [];
        var values = await database.StringGetAsync([.. entries.Select(e => RedisKeys.Of(e.Account).InShard.EndedLease(e.Lease))]);
        return [.. entries.Zip(values, (e, v) => v.HasValue ? AccountStore.ReadLease(e.Account, v) : null)];
    }

    private static async Task<Lease?[]> ReadOpenAsync(IDatabase database, List<Entry> entries)
    {
        var read = new Dictionary<Entry, Lease?>(entries.Count);
        var asked = entries.GroupBy(e => e.Account)
            .Select(a => (Account: a.Key, Entries: a.ToList()))
            .Select(a => (a.Account, a.Entries, Values: database.HashGetAsync(RedisKeys.Of(a.Account).Account, [.. a.Entries.Select(e => (RedisValue)(AccountStore.LeasePrefix + e.Lease.Value))])))
            .ToList();
        foreach (var (account, of, values) in asked)
        {
            foreach (var (entry, value) in of.Zip(await values))
                read[entry] = value.HasValue ? AccountStore.ReadLease(account, value) : null;
        }

        return [.. entries.Select(e => read[e])];
    }

    /// <summary>"lease|token:payer", the index's member.</summary>
    private sealed record Entry(string Member, LeaseId Lease, AccountKey Account)
    {
        public static Entry Parse(RedisValue member)
        {
            var (lease, account) = Stored.Cut(member);
            return new Entry(member.ToString(), LeaseId.Parse(lease), Stored.Account(account));
        }
    }

    /// <summary>Where the walk stands.</summary>
    private sealed record Place(bool Ended, int Shard, string After)
    {
        public RedisKey Index => Ended ? RedisKeys.OfShard(Shard).Ended : RedisKeys.OfShard(Shard).Open;

        public static Place First(LeaseFilter filter) => new(!filter.WantsOpen, OnlyShard(filter) ?? 0, "");

        public static Place Parse(string token) => TryParse(token, out var place) ? place : throw new FormatException("The page token is not one of ours.");

        public static bool TryParse(string token, [NotNullWhen(true)] out Place? place)
        {
            place = null;
            if (!Base64Url.IsValid(token)
                || Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ') is not [var phase and ("o" or "e"), var shard, var after]
                || !int.TryParse(shard, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number >= RedisKeys.Shards)
            {
                return false;
            }

            place = new Place(phase is "e", number, after);
            return true;
        }

        public Place? Next(LeaseFilter filter)
        {
            if (OnlyShard(filter) is null && Shard + 1 < RedisKeys.Shards)
                return new Place(Ended, Shard + 1, "");
            return !Ended && filter.WantsEnded ? new Place(Ended: true, OnlyShard(filter) ?? 0, "") : null;
        }

        public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{(Ended ? "e" : "o")} {Shard} {After}"));

        private static int? OnlyShard(LeaseFilter filter) =>
            filter is { Payer: { } payer, SuperToken: { } token } ? RedisKeys.ShardOf(new AccountKey(token, payer)) : null;
    }
}

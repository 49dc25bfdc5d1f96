using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Statements;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Gateway.Server.Storage.Documents;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Gateway.Benchmarks.Scale;

/// <summary>The population in Redis, by the gateway's own scripts.</summary>
internal sealed class SeededStore : IAsyncDisposable
{
    private const int AtOnce = 64;

    private static readonly TimeSpan LedgerEvery = new StatementOptions().LedgerEvery;

    private readonly RedisConnection _redis;
    private readonly AccountStore _accounts;
    private readonly LeaseClaims _claims;
    private readonly LedgerStore _ledgers;
    private readonly LedgerBatches _batches;

    public SeededStore(string connection)
    {
        var options = Options.Create(new RedisOptions { Connection = connection + ",allowAdmin=true", CommandTimeout = TimeSpan.FromSeconds(60) });
        _redis = new RedisConnection(options, new RedisPipelines(options, TimeProvider.System));
        _accounts = new AccountStore(_redis);
        _claims = new LeaseClaims(_redis, _accounts);
        (_ledgers, _batches) = (new LedgerStore(_redis), new LedgerBatches(_redis));
        Deadlines = new AccountDeadlines(_redis);
    }

    public AccountDeadlines Deadlines { get; }

    /// <summary>Every account due at once, as after a long stop, and quiet.</summary>
    /// <param name="audit">As the gateway is configured.</param>
    public async Task WriteAsync(Population people, BlockRef block, TimeSpan audit, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, people.Accounts, options, async (i, ct) =>
        {
            var book = people.BookOf(i, block);
            foreach (var lease in book.Leases.Keys)
                await _claims.ClaimAsync(lease, book.Account.Key, ct);
            var quiet = QuietAccount.Of(book, AccountPolicy.Default, audit, now) ?? throw new InvalidOperationException("The population is not quiet.");
            // What is seldom due is due at different times.
            var spread = quiet with { FullLookAt = now + (audit * QuietAccount.FullLookEvery * (i + 1) / people.Accounts) };
            var committed = await _accounts.CommitAsync(AccountBook.Empty(book.Account.Key), book, [], new NextLook(now, spread), now, ct);
            if (committed is not CommitResult.Committed)
                throw new InvalidOperationException("Somebody else writes to this Redis.");
            await StoreLedgerAsync(people.LedgerOf(i, block), book.Account.Key, ct);
            // So are ledgers, of which each was moved on at another time.
            var ledgerAt = now + (LedgerEvery * (i + 1) / people.Accounts);
            await (await DatabaseAsync(ct)).SortedSetAddAsync(RedisKeys.Of(book.Account.Key).InShard.Ledgers, book.Account.Key.ToString(), ledgerAt.ToUnixTimeMilliseconds());
        });
    }

    /// <summary>Accounts that are waiting for their look.</summary>
    public async Task<long> OverdueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var database = await DatabaseAsync(cancellationToken);
        var counts = await Task.WhenAll(Enumerable.Range(0, RedisKeys.Shards)
            .Select(s => database.SortedSetLengthAsync(RedisKeys.OfShard(s).Deadlines, double.NegativeInfinity, now.ToUnixTimeMilliseconds())));
        return counts.Sum();
    }

    /// <summary>Accounts whose last comparison with the chain is not older.</summary>
    public async Task<int> VerifiedSinceAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        var database = await DatabaseAsync(cancellationToken);
        var verified = 0;
        for (var shard = 0; shard < RedisKeys.Shards; shard++)
        {
            var glances = await database.HashValuesAsync(RedisKeys.OfShard(shard).Glances).WaitAsync(cancellationToken);
            verified += glances.Count(g => GlanceDocument.Read(g.ToString()).Seen.At.ToDateTimeOffset() >= since);
        }

        return verified;
    }

    /// <summary>Takes the glances away, so that only full looks will do, and makes the accounts due.</summary>
    public async Task DisturbAsync(IEnumerable<AccountKey> accounts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var database = await DatabaseAsync(cancellationToken);
        foreach (var some in accounts.Chunk(1_000))
        {
            await Task.WhenAll(some.Select(a => database.HashDeleteAsync(RedisKeys.Of(a).InShard.Glances, a.ToString())));
            await Task.WhenAll(some.Select(a => Deadlines.BringForwardAsync(a, now, cancellationToken)));
        }
    }

    /// <summary>Those of the accounts that are quiet again: a full look found them in order.</summary>
    public async Task<int> QuietAsync(IReadOnlyCollection<AccountKey> accounts, CancellationToken cancellationToken)
    {
        var database = await DatabaseAsync(cancellationToken);
        return (await Task.WhenAll(accounts.Select(a => database.HashExistsAsync(RedisKeys.Of(a).InShard.Glances, a.ToString())))).Count(e => e);
    }

    /// <summary>How many commands Redis has run so far.</summary>
    public async Task<long> CommandsAsync(CancellationToken cancellationToken) => await InfoAsync("stats", "total_commands_processed", cancellationToken);

    public Task<long> UsedBytesAsync(CancellationToken cancellationToken) => InfoAsync("memory", "used_memory", cancellationToken);

    private async Task StoreLedgerAsync(FlowLedger ledger, AccountKey account, CancellationToken cancellationToken)
    {
        if (!await _ledgers.ExtendAsync(account, before: null, new StoredLedger(ledger, Mismatch: null), [], anew: true, cancellationToken))
            throw new InvalidOperationException("Somebody else writes to this Redis.");
        await _batches.IndexedAsync(account, await _batches.LeasesAsync(account, cancellationToken), cancellationToken);
    }

    private async Task<long> InfoAsync(string section, string field, CancellationToken cancellationToken)
    {
        var multiplexer = await _redis.MultiplexerAsync(cancellationToken);
        var lines = await multiplexer.GetServers()[0].InfoAsync(section);
        return long.Parse(lines.SelectMany(g => g).First(p => string.Equals(p.Key, field, StringComparison.Ordinal)).Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private async Task<IDatabase> DatabaseAsync(CancellationToken cancellationToken) => (await _redis.MultiplexerAsync(cancellationToken)).GetDatabase();
}

using System.Collections.Immutable;
using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage.Documents;
using Gateway.Server.Webhooks;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Accounts with their leases: read as a whole, stored as a whole by compare-and-set.</summary>
/// <remarks>All methods throw <see cref="StoreUnavailableException"/> where Redis has no answer.</remarks>
/// <param name="webhooks">What is told of a decision by HTTP, if anything is.</param>
internal sealed class AccountStore(RedisConnection redis, WebhookEvents? webhooks = null)
{
    /// <summary>Begins the fields of an account that hold its leases.</summary>
    internal const string LeasePrefix = "l:";

    /// <summary>The account with its leases that have not ended; an empty book where there is none yet.</summary>
    public async Task<AccountBook> LoadAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var (fields, glance) = await redis.ReadAsync("HGETALL", database => ReadWithGlanceAsync(account, key => database.HashGetAllAsync(key), database), cancellationToken);
        var stored = AccountBook.Empty(account).Account;
        var (version, json) = (0UL, (string?)null);
        var leases = ImmutableSortedDictionary.CreateBuilder<LeaseId, Lease>();
        foreach (var field in fields)
        {
            var name = field.Name.ToString();
            if (name.StartsWith(LeasePrefix, StringComparison.Ordinal))
            {
                var lease = ReadLease(account, field.Value);
                leases.Add(lease.Id, lease);
            }
            else if (string.Equals(name, "version", StringComparison.Ordinal))
            {
                version = ulong.Parse(field.Value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture);
            }
            else if (string.Equals(name, "json", StringComparison.Ordinal))
            {
                json = field.Value;
            }
        }

        return new AccountBook(json is null ? stored : AsVerified(AccountDocument.Read(account, version, json), glance), leases.ToImmutable());
    }

    /// <summary>The account without its leases: enough to show one of them.</summary>
    public async Task<Account> LoadAccountAsync(AccountKey account, CancellationToken cancellationToken) =>
        (await LoadAccountsAsync([account], cancellationToken))[0];

    /// <summary>Several accounts without their leases, in their order, all asked for at once.</summary>
    public async Task<IReadOnlyList<Account>> LoadAccountsAsync(IReadOnlyCollection<AccountKey> accounts, CancellationToken cancellationToken)
    {
        RedisValue[] names = ["version", "json"];
        var read = await redis.ReadAsync(
            "HMGET", database => Task.WhenAll(accounts.Select(a => ReadWithGlanceAsync(a, key => database.HashGetAsync(key, names), database))), cancellationToken);
        return [.. accounts.Zip(read, (a, r) => r.Fields is [{ HasValue: true } version, { HasValue: true } json]
            ? AsVerified(AccountDocument.Read(a, ulong.Parse(version.ToString(), NumberStyles.None, CultureInfo.InvariantCulture), json.ToString()), r.Glance)
            : AccountBook.Empty(a).Account)];
    }

    /// <summary>A lease by its id alone, ended ones too; null where there is none.</summary>
    public async Task<Lease?> FindLeaseAsync(LeaseId lease, CancellationToken cancellationToken) =>
        await FindAccountAsync(lease, cancellationToken) is { } account ? await FindLeaseAsync(account, lease, cancellationToken) : null;

    /// <summary>A lease of a known account, ended ones too; null where there is none.</summary>
    public async Task<Lease?> FindLeaseAsync(AccountKey account, LeaseId lease, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.Of(account);
        var (open, ended) = await redis.ReadAsync("HGET", ReadBothAsync, cancellationToken);
        return open.HasValue ? ReadLease(account, open) : ended.HasValue ? ReadLease(account, ended) : null;

        // In this order: a lease that ends in between has left the first place and is already in the second.
        async Task<(RedisValue Open, RedisValue Ended)> ReadBothAsync(IDatabase database)
        {
            var first = database.HashGetAsync(keys.Account, LeasePrefix + lease.Value);
            var second = database.StringGetAsync(keys.InShard.EndedLease(lease));
            return (await first, await second);
        }
    }

    /// <summary>Whose lease it is, as its index says; null where nobody claimed the id. The account need not have it (yet).</summary>
    public async Task<AccountKey?> FindAccountAsync(LeaseId lease, CancellationToken cancellationToken)
    {
        var index = RedisKeys.LeaseIndex(lease);
        var owner = await redis.ReadAsync("HGET", database => database.HashGetAsync(index, "account"), cancellationToken);
        return owner.HasValue ? Stored.Account(owner.ToString()) : null;
    }

    /// <summary>Those of the accounts that are stored here.</summary>
    public async Task<IReadOnlyList<AccountKey>> WhichExistAsync(IReadOnlyCollection<AccountKey> accounts, CancellationToken cancellationToken)
    {
        var exist = await redis.ReadAsync(
            "EXISTS", database => Task.WhenAll(accounts.Select(a => database.KeyExistsAsync(RedisKeys.Of(a).Account))), cancellationToken);
        return [.. accounts.Zip(exist).Where(a => a.Second).Select(a => a.First)];
    }

    /// <summary>Stores a decision: account, leases, directives, marks, history, deadline; all of it in one script, or nothing.</summary>
    /// <param name="before">As it was loaded; an ended lease may have been added to it by <see cref="FindLeaseAsync(LeaseId, CancellationToken)"/>.</param>
    /// <param name="after">With every lease of <paramref name="before"/>. Versions of leases in it are ignored: each changed one rises by one; the account's rises at least by one.</param>
    /// <param name="next">When the account must be looked at again.</param>
    /// <param name="onlyAfterJournal">A new lease is not stored while what a lost Redis knew is still being read from the chain.</param>
    /// <exception cref="JournalUnreadException">It still is. Nothing was stored.</exception>
    /// <exception cref="LeaseIdTakenException">A new lease's id now belongs to another account. Nothing was stored.</exception>
    public async Task<CommitResult> CommitAsync(
        AccountBook before,
        AccountBook after,
        IReadOnlyList<Effect> effects,
        NextLook next,
        DateTimeOffset now,
        CancellationToken cancellationToken,
        bool onlyAfterJournal = false)
    {
        var commit = AccountCommit.Of(before, after, effects, next, now, onlyAfterJournal, webhooks);
        var answer = (string[])(await redis.RunAsync(RedisScript.Commit, commit.Keys, commit.Arguments, cancellationToken))!;
        return answer[0] switch
        {
            "OK" => new CommitResult.Committed(commit.Book, Issued(before.Account.Key, commit, answer)),
            "CONFLICT" => new CommitResult.Conflict(),
            "VOID" => throw new LeaseIdTakenException(LeaseId.Parse(answer[1])),
            "UNREAD" => throw new JournalUnreadException(),
            _ => throw new StoredFormException($"commit.lua answered '{answer[0]}'."),
        };
    }

    private static async Task<(T Fields, RedisValue Glance)> ReadWithGlanceAsync<T>(AccountKey account, Func<RedisKey, Task<T>> read, IDatabase database)
    {
        // In this order: a glance that a commit in between took away only says less.
        var keys = RedisKeys.Of(account);
        var fields = read(keys.Account);
        var glance = database.HashGetAsync(keys.InShard.Glances, account.ToString());
        return (await fields, await glance);
    }

    /// <summary>A glance that saw what was to be expected is a later verification of the same.</summary>
    private static Account AsVerified(Account account, RedisValue glance)
    {
        if (!glance.HasValue || account.Health is not { } health || GlanceDocument.TryRead(glance.ToString()) is not { Seen: var seen })
            return account;
        return seen.At >= health.At && health.LastChanged == seen.LastChanged ? account.VerifiedBy(seen) : account;
    }

    internal static Lease ReadLease(AccountKey account, RedisValue value)
    {
        var (version, json) = Stored.Cut(value);
        return LeaseDocument.Read(account, ulong.Parse(version, NumberStyles.None, CultureInfo.InvariantCulture), json);
    }

    private static StoredDirective[] Issued(AccountKey account, AccountCommit commit, string[] answer)
    {
        var shard = RedisKeys.ShardOf(account);
        return [.. commit.Directives.Zip(answer.Skip(1), (d, seq) => StoredDirective.Read(shard, seq, d.Lease.Value, deliveries: 0, d.Json))];
    }
}

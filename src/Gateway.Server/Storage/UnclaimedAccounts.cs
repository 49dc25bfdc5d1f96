using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Accounts with flows that we made for leases which nobody can name, or that nobody can read: a lease that is not stored may be one of those.</summary>
/// <remarks>Few come in, each only by a loss. Whoever asks reads what they have now, and takes out those that have nothing unclaimed any more.</remarks>
internal sealed class UnclaimedAccounts(RedisConnection redis, AccountStore accounts)
{
    /// <summary>Before the account: a rebuild could not bring it back.</summary>
    private const string GivenUp = "!";

    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task AddAsync(AccountKey account, CancellationToken cancellationToken) =>
        redis.ReadAsync("SADD", database => database.SetAddAsync(RedisKeys.Unclaimed, account.ToString()), cancellationToken);

    /// <summary>Whether any flow still carries a lease without a name.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        var members = await redis.ReadAsync("SMEMBERS", database => database.SetMembersAsync(RedisKeys.Unclaimed), cancellationToken);
        foreach (var member in members.Select(m => m.ToString()))
        {
            if (member.StartsWith(GivenUp, StringComparison.Ordinal))
                return true; // Only a rebuild knows what it lacks.
            var account = Stored.Account(member);
            if (await HasUnclaimedAsync(account, cancellationToken))
                return true;
            await RemoveAsync([member], cancellationToken);
            // A rebuild that stored it in between, and put it in, would have been undone.
            if (await HasUnclaimedAsync(account, cancellationToken))
            {
                await AddAsync(account, cancellationToken);
                return true;
            }
        }

        return false;
    }

    /// <summary>A rebuild could not bring it back: what it had is not known.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task GiveUpAsync(AccountKey account, CancellationToken cancellationToken) =>
        redis.ReadAsync("SADD", database => database.SetAddAsync(RedisKeys.Unclaimed, GivenUp + account), cancellationToken);

    /// <summary>Whether that is so still.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task<bool> IsGivenUpAsync(AccountKey account, CancellationToken cancellationToken) =>
        redis.ReadAsync("SISMEMBER", database => database.SetContainsAsync(RedisKeys.Unclaimed, GivenUp + account), cancellationToken);

    /// <summary>A rebuild brought it back.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task RestoredAsync(AccountKey account, bool hasUnclaimed, CancellationToken cancellationToken)
    {
        if (hasUnclaimed)
            await AddAsync(account, cancellationToken);
        await RemoveAsync(hasUnclaimed ? [GivenUp + account] : [account.ToString(), GivenUp + account], cancellationToken);
    }

    private Task<long> RemoveAsync(RedisValue[] members, CancellationToken cancellationToken) =>
        redis.ReadAsync("SREM", database => database.SetRemoveAsync(RedisKeys.Unclaimed, members), cancellationToken);

    private async Task<bool> HasUnclaimedAsync(AccountKey account, CancellationToken cancellationToken)
    {
        try
        {
            var book = await accounts.LoadAsync(account, cancellationToken);
            // One that is not there at all has been lost since, or was deleted to be rebuilt.
            return book.Account.Version == 0 || book.Account.HasUnclaimed;
        }
        catch (StoredFormException)
        {
            return true; // Nobody knows which leases it has.
        }
    }
}

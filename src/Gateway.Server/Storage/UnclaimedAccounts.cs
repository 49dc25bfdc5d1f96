using Gateway.Domain.Identity;

namespace Gateway.Server.Storage;

/// <summary>Accounts with flows that we made for leases which nobody can name, or that nobody can read: a lease that is not stored may be one of those.</summary>
/// <remarks>Few come in, each only by a loss. Whoever asks reads what they have now, and takes out those that have nothing unclaimed any more.</remarks>
internal sealed class UnclaimedAccounts(RedisConnection redis, AccountStore accounts)
{
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task AddAsync(AccountKey account, CancellationToken cancellationToken) =>
        redis.ReadAsync("SADD", database => database.SetAddAsync(RedisKeys.Unclaimed, account.ToString()), cancellationToken);

    /// <summary>Whether any flow still carries a lease without a name.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        var members = await redis.ReadAsync("SMEMBERS", database => database.SetMembersAsync(RedisKeys.Unclaimed), cancellationToken);
        foreach (var account in members.Select(m => Stored.Account(m.ToString())))
        {
            if (await HasUnclaimedAsync(account, cancellationToken))
                return true;
            await RemoveAsync(account, cancellationToken);
            // A rebuild that stored it in between, and put it in, would have been undone.
            if (await HasUnclaimedAsync(account, cancellationToken))
            {
                await AddAsync(account, cancellationToken);
                return true;
            }
        }

        return false;
    }

    /// <summary>A rebuild found that it has none.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task RemoveAsync(AccountKey account, CancellationToken cancellationToken) =>
        redis.ReadAsync("SREM", database => database.SetRemoveAsync(RedisKeys.Unclaimed, account.ToString()), cancellationToken);

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

using Gateway.Domain.Identity;

namespace Gateway.Server.Storage;

/// <summary>Accounts with flows that we made for leases which nobody can name, or that nobody can read: a lease that is not stored may be one of those.</summary>
/// <remarks>None is ever taken out: few come in, each only by a loss, and whoever asks reads what the account has now.</remarks>
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
        foreach (var member in members)
        {
            if (await HasUnclaimedAsync(Stored.Account(member.ToString()), cancellationToken))
                return true;
        }

        return false;
    }

    private async Task<bool> HasUnclaimedAsync(AccountKey account, CancellationToken cancellationToken)
    {
        try
        {
            return (await accounts.LoadAsync(account, cancellationToken)).Account.HasUnclaimed;
        }
        catch (StoredFormException)
        {
            return true; // Nobody knows which leases it has.
        }
    }
}

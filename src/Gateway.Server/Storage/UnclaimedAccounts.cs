using Gateway.Domain.Identity;

namespace Gateway.Server.Storage;

/// <summary>Accounts with flows that we made for leases which nobody can name: a lease that is not stored may be one of those.</summary>
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
            var account = await accounts.LoadAccountAsync(Stored.Account(member.ToString()), cancellationToken);
            if (account.HasUnclaimed)
                return true;
        }

        return false;
    }
}

using Gateway.Domain.Identity;

namespace Gateway.Server.Storage;

/// <summary>Whose accounts pay, or paid, somebody: a payee's statement is made of theirs.</summary>
/// <remarks>It only grows, and an account that is in it twice, or too early, does no harm.</remarks>
internal sealed class PayeeIndex(RedisConnection redis)
{
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task AddAsync(AccountKey account, IReadOnlyCollection<Address> payees, CancellationToken cancellationToken) => payees.Count == 0
        ? Task.CompletedTask
        : redis.ReadAsync(
            "SADD", database => Task.WhenAll(payees.Select(p => database.SetAddAsync(RedisKeys.PayersOf(account.SuperToken, p), account.Payer.ToString()))), cancellationToken);

    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<IReadOnlyList<AccountKey>> AccountsOfAsync(Address superToken, Address payee, CancellationToken cancellationToken)
    {
        var payers = await redis.ReadAsync("SMEMBERS", database => database.SetMembersAsync(RedisKeys.PayersOf(superToken, payee)), cancellationToken);
        return [.. payers.Select(p => new AccountKey(superToken, Address.Parse(p.ToString()))).OrderBy(a => a.Payer)];
    }
}

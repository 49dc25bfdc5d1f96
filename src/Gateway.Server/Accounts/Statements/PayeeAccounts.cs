using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Statements;

/// <summary>Whose accounts a payee's statement is made of.</summary>
internal sealed class PayeeAccounts(PayeeIndex index, AccountLeases leases, PeriodStore periods)
{
    /// <param name="to">Null: to the head.</param>
    /// <returns>Those that were there before the period's end: of later ones nothing is in it, whatever is kept of them.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<IReadOnlyList<AccountKey>> OfAsync(Address superToken, Address payee, BlockTime? to, CancellationToken cancellationToken)
    {
        List<AccountKey> accounts = [];
        foreach (var account in await index.AccountsOfAsync(superToken, payee, cancellationToken))
        {
            if (to is not { } end || await BeganBeforeAsync(account, end, cancellationToken))
                accounts.Add(account);
        }

        return accounts;
    }

    private async Task<bool> BeganBeforeAsync(AccountKey account, BlockTime to, CancellationToken cancellationToken)
    {
        // In this order: a lease that is dropped meanwhile is in a closed period. One that was restored after a loss is older than it says.
        var (_, all) = await leases.ReadAsync(account, cancellationToken);
        return all.Any(l => l.OpenedAt < to.ToDateTimeOffset() || l.RestoredAt is not null) || (await periods.FirstAsync(account, cancellationToken))?.From < to;
    }
}

using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Reads what an account's ledger must know of, and writes it into the index of payees.</summary>
internal sealed class LedgerScopes(AccountLeases leases, PayeeIndex payees, LedgerBatches ledgers)
{
    /// <returns>And how many leases there were before they were read: one that comes meanwhile makes another look necessary.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<(LedgerScope Scope, string Leases)> IndexAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var counted = await ledgers.LeasesAsync(account, cancellationToken);
        var scope = LedgerScope.Of((await leases.ReadAsync(account, cancellationToken)).Leases, []);
        await payees.AddAsync(account, scope.Payees, cancellationToken);
        return (scope, counted);
    }

    /// <summary>Until another lease comes, the account need not be looked at for its leases' sake.</summary>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public Task IsKnownAsync(AccountKey account, string leases, CancellationToken cancellationToken) => ledgers.IndexedAsync(account, leases, cancellationToken);
}

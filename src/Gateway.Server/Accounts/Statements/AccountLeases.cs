using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Statements;

/// <summary>Every lease of an account that was ever to be paid, ended ones too.</summary>
internal sealed class AccountLeases(AccountStore store, LeaseListing listing)
{
    private static readonly ImmutableHashSet<LeaseState> Ended = [LeaseState.Closed];

    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<(Account Account, IReadOnlyList<Lease> Leases)> ReadAsync(AccountKey account, CancellationToken cancellationToken)
    {
        // In this order: a lease that ends in between comes twice, and is not missed.
        var book = await store.LoadAsync(account, cancellationToken);
        var leases = (await EndedAsync(account, cancellationToken)).ToDictionary(l => l.Id);
        foreach (var lease in book.Leases.Values.Where(l => l.State != LeaseState.Rejected))
            leases.TryAdd(lease.Id, lease);
        return (book.Account, [.. leases.Values.OrderBy(l => l.OpenedAt).ThenBy(l => l.Id)]);
    }

    /// <summary>Those that have ended, as long as they are kept.</summary>
    private async Task<List<Lease>> EndedAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var filter = new LeaseFilter { Payer = account.Payer, SuperToken = account.SuperToken, States = Ended };
        List<Lease> leases = [];
        string? token = null;
        do
        {
            var page = await listing.ListAsync(filter, LeaseListing.MaxPageSize, token, cancellationToken);
            leases.AddRange(page.Leases);
            token = page.NextPageToken;
        }
        while (token is not null);
        return leases;
    }
}

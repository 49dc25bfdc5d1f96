using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;

namespace Gateway.Server.Operations;

/// <summary>All accounts that have leases, and whom the leases of each token pay.</summary>
internal sealed record AccountCensus(IReadOnlySet<AccountKey> Accounts, IReadOnlyDictionary<Address, IReadOnlySet<Address>> PayeesOfToken)
{
    private const int PageSize = 1000;

    private static readonly LeaseFilter NotEnded =
        new() { States = [LeaseState.Opening, LeaseState.Active, LeaseState.Updating, LeaseState.Paused, LeaseState.Closing] };

    public static async Task<AccountCensus> TakeAsync(LeaseListing listing, CancellationToken cancellationToken)
    {
        var accounts = new HashSet<AccountKey>();
        var payees = new Dictionary<Address, HashSet<Address>>();
        string? pageToken = null;
        do
        {
            var page = await listing.ListAsync(NotEnded, PageSize, pageToken, cancellationToken);
            foreach (var lease in page.Leases)
            {
                accounts.Add(lease.Account);
                if (!payees.TryGetValue(lease.Account.SuperToken, out var known))
                    payees[lease.Account.SuperToken] = known = [];
                known.UnionWith(lease.Payees.Select(p => p.Address));
            }

            pageToken = page.NextPageToken;
        }
        while (pageToken is not null);
        return new AccountCensus(accounts, payees.ToDictionary(p => p.Key, IReadOnlySet<Address> (p) => p.Value));
    }
}

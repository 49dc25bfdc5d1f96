using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Rebuilding;
using Gateway.Server.Storage;

namespace Gateway.Server.Leases;

/// <summary>Reads leases with the accounts that carry them, as an answer shows them. Ended ones too.</summary>
internal sealed class LeaseReader(AccountStore store, JournalGate journal, UnclaimedAccounts unclaimed)
{
    /// <summary>Whoever names a lease asks here. A scheduler that hears that there is none forgets it, never closes it, and may let its VM go: that must be true.</summary>
    /// <exception cref="LeaseNotFoundException">There is none of this id.</exception>
    /// <exception cref="LeaseMayBeLostException">There is none, but it may be one of those that flow without a name.</exception>
    /// <exception cref="JournalUnreadException">It may be one that a lost Redis forgot, and that comes back.</exception>
    public async Task<LeaseView> GetAsync(LeaseId id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is { } found)
            return found;
        await journal.RequireAsync(cancellationToken);
        // It may have come back just now.
        if (await FindAsync(id, cancellationToken) is { } back)
            return back;
        throw await unclaimed.AnyAsync(cancellationToken) ? new LeaseMayBeLostException(id) : new LeaseNotFoundException(id);
    }

    /// <returns>Null where there is none of this id.</returns>
    public async Task<LeaseView?> FindAsync(LeaseId id, CancellationToken cancellationToken) =>
        await store.FindLeaseAsync(id, cancellationToken) is { } lease ? await ViewAsync(lease, cancellationToken) : null;

    public async Task<LeaseView> ViewAsync(Lease lease, CancellationToken cancellationToken) =>
        new(lease, await store.LoadAccountAsync(lease.Account, cancellationToken));

    /// <summary>Several leases in their order; each account is read once.</summary>
    public async Task<IReadOnlyList<LeaseView>> ViewAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        var accounts = (await store.LoadAccountsAsync([.. leases.Select(l => l.Account).Distinct()], cancellationToken)).ToDictionary(a => a.Key);
        return [.. leases.Select(l => new LeaseView(l, accounts[l.Account]))];
    }

    /// <summary>Leases that somebody else changed, as they are now.</summary>
    public async Task<IReadOnlyList<LeaseView>> ViewAsync(LeaseHint hint, CancellationToken cancellationToken)
    {
        if (hint.Leases.Count == 0)
        {
            var book = await store.LoadAsync(hint.Account, cancellationToken);
            return [.. book.Leases.Values.Select(l => new LeaseView(l, book.Account))];
        }

        var found = await Task.WhenAll(hint.Leases.Select(l => store.FindLeaseAsync(hint.Account, l, cancellationToken)));
        return await ViewAsync([.. found.OfType<Lease>()], cancellationToken);
    }
}

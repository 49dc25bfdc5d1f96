using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Rebuilding;
using Gateway.Server.Storage;

namespace Gateway.Server.Leases;

/// <summary>An account as it is stored, and as the newest executed block shows it.</summary>
/// <param name="Payees">Whose flows were read.</param>
internal sealed record AccountLook(AccountBook Book, BlockHeader Head, AccountObservation Seen, ImmutableHashSet<Address> Payees)
{
    /// <summary>False where the account has got payees since that were not looked at: the look must be repeated.</summary>
    public bool Covers(AccountBook book) => book.Payees.IsSubsetOf(Payees);
}

/// <summary>Looks at an account before something is promised on it.</summary>
internal sealed class AccountLooks(AccountStore store, ChainReader chain, JournalGate journal)
{
    /// <param name="payees">To be looked at besides those of the stored account.</param>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked.</exception>
    /// <exception cref="JournalUnreadException">What a lost Redis knew of it is not known again yet.</exception>
    /// <exception cref="ChainUnverifiedException">Nothing is known of the token.</exception>
    public async Task<AccountLook> LookAsync(AccountKey account, IEnumerable<Address> payees, CancellationToken cancellationToken)
    {
        var head = chain.HeadAsync(cancellationToken);
        await journal.WaitAsync(account, cancellationToken);
        var book = await store.LoadAsync(account, cancellationToken);
        ImmutableHashSet<Address> all = [.. payees, .. book.Payees];
        var seen = await chain.LookAsync(account, all, (await head).Block, cancellationToken);
        return new AccountLook(book, await head, seen, all);
    }
}

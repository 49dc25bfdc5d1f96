using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Storage;

namespace Gateway.Server.Operations;

/// <summary>A flow that is not as it is wanted.</summary>
internal sealed record FlowDifference(FlowKey Flow, FlowRate Wanted, FlowRate OnChain);

/// <summary>One account at one block.</summary>
/// <param name="Differing">Flows of leases.</param>
/// <param name="Orphans">Flows to payees of ours that no lease of this account pays.</param>
internal sealed record AccountComparison(
    AccountKey Account, int FlowsChecked, ImmutableArray<FlowDifference> Differing, ImmutableArray<FlowDifference> Orphans);

/// <summary>Compares what is wanted of an account's flows with the chain; it changes nothing.</summary>
internal sealed class FlowComparison(AccountStore store, ChainReader chain)
{
    /// <summary>Payees asked about in one round trip.</summary>
    private const int AtOnce = 64;

    /// <summary>Payees beyond the account's own for which one account is searched: every payer by every payee would be a product.</summary>
    private const int MostSearched = 1024;

    /// <param name="others">Whom leases in this token pay, of whatever account.</param>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked.</exception>
    public async Task<AccountComparison> CompareAsync(AccountKey key, IReadOnlySet<Address> others, BlockRef block, CancellationToken cancellationToken)
    {
        var book = await store.LoadAsync(key, cancellationToken);
        var own = book.Account.Flows.Values.ToImmutableDictionary(f => f.Payee, f => f.Desired);
        var differing = new List<FlowDifference>();
        await foreach (var (payee, onChain) in ReadAsync(key, own.Keys, block, cancellationToken))
        {
            if (own[payee] != onChain)
                differing.Add(new FlowDifference(FlowOf(key, payee), own[payee], onChain));
        }

        var orphans = new List<FlowDifference>();
        await foreach (var (payee, onChain) in ReadAsync(key, others.Where(p => !own.ContainsKey(p) && p != key.Payer).Take(MostSearched), block, cancellationToken))
        {
            if (!onChain.IsZero)
                orphans.Add(new FlowDifference(FlowOf(key, payee), FlowRate.Zero, onChain));
        }

        return new AccountComparison(key, own.Count, [.. differing], [.. orphans]);
    }

    private async IAsyncEnumerable<(Address Payee, FlowRate OnChain)> ReadAsync(
        AccountKey key, IEnumerable<Address> payees, BlockRef block, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var some in payees.Chunk(AtOnce))
        {
            var seen = await chain.LookAsync(key, some, block, cancellationToken);
            foreach (var payee in some)
                yield return (payee, seen.FlowTo(payee).Rate);
        }
    }

    private static FlowKey FlowOf(AccountKey key, Address payee) => new(key.SuperToken, key.Payer, payee);
}

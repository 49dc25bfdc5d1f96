using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Statements;
using Gateway.Server.Chains;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>A ledger as it is after it was compared with the chain.</summary>
/// <param name="Difference">For people; null: nothing differs.</param>
internal sealed record CheckedLedger(FlowLedger Ledger, string? Difference);

/// <summary>Compares a ledger with the state of the chain at the block that it goes through.</summary>
/// <remarks>
/// A log that was left out shows here: a flow's rate, its buffer and the second of its last change are in the chain's own storage, and the sum of all buffers tells
/// of a flow that the ledger has never heard of. Of those that were open where it begins it knows the sum.
/// </remarks>
internal sealed class LedgerCheck(IEthRpc rpc, ChainDirectory directory)
{
    /// <summary>Flows read in one request.</summary>
    private const int AtOnce = 64;

    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    /// <param name="payees">Whom the account's leases pay: a flow to one of them that is older than the ledger becomes known.</param>
    /// <param name="unsure">Payees that it has heard of for the first time, and whose flows may be older: what was locked up for them is part of what is not known.</param>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked.</exception>
    public async Task<CheckedLedger> RunAsync(
        AccountKey account, FlowLedger ledger, ImmutableSortedSet<Address> payees, ImmutableHashSet<Address> unsure, BlockRef at, CancellationToken cancellationToken)
    {
        List<string> differences = [];
        foreach (var some in ledger.Payees.Union(payees).Order().Chunk(AtOnce))
        {
            var views = some.Select(p => _agreements.Flow(new FlowKey(account.SuperToken, account.Payer, p))).ToList();
            var answers = await rpc.CallBatchAsync([.. views.Select(v => v.Request)], at.Number, cancellationToken);
            foreach (var (payee, seen) in some.Zip(views.Zip(answers, (v, a) => v.Read(a))))
            {
                if (ledger.MayBeOlder(payee, seen))
                    ledger = ledger.With(payee, seen);
                else if (Difference(payee, ledger.Open.GetValueOrDefault(payee), seen) is { } difference)
                    differences.Add(difference);
            }
        }

        var buffers = (await _agreements.AccountFlows(account).AskAsync(rpc, at.Number, cancellationToken)).Deposit;
        if (differences.Count == 0 && ledger.Explains(buffers, mayKnowMore: !unsure.IsEmpty) is { } explained)
            return new CheckedLedger(explained, Difference: null);
        if (differences.Count == 0)
            differences.Add($"buffers of {ledger.Buffers} by the ledger, of {buffers} by the chain: there is a flow that the ledger does not know");
        return new CheckedLedger(ledger, string.Join("; ", differences));
    }

    private static string? Difference(Address payee, FlowSegment? told, FlowReading seen)
    {
        if (told is null)
            return seen.Rate.IsZero ? null : $"flow to {payee}: the ledger has none, the chain {seen.Rate}";
        if (told.Rate != seen.Rate)
            return $"flow to {payee}: the ledger has {told.Rate}, the chain {seen.Rate}";
        if (told.Begin.Changed != seen.LastUpdated)
            return $"flow to {payee}: changed at {told.Begin.Changed} by the ledger, at {seen.LastUpdated} by the chain";
        return told.Deposit == seen.Deposit ? null : $"flow to {payee}: a buffer of {told.Deposit} by the ledger, of {seen.Deposit} by the chain";
    }
}

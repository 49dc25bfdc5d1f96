using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Chains;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Compares a ledger with the state of the chain at the block that it goes through.</summary>
/// <remarks>
/// A log that was left out shows here: a flow's rate, its buffer and the second of its last change are in the chain's own storage, and the sum of all buffers tells
/// of a flow that the ledger has never heard of.
/// </remarks>
internal sealed class LedgerCheck(IEthRpc rpc, ChainDirectory directory)
{
    /// <summary>Flows read in one request.</summary>
    private const int AtOnce = 64;

    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    /// <returns>What differs, for people; null: nothing.</returns>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked.</exception>
    public async Task<string?> DifferenceAsync(AccountKey account, FlowLedger ledger, BlockRef at, CancellationToken cancellationToken)
    {
        List<string> differences = [];
        foreach (var payees in ledger.Payees.Order().Chunk(AtOnce))
        {
            var views = payees.Select(p => _agreements.Flow(new FlowKey(account.SuperToken, account.Payer, p))).ToList();
            var answers = await rpc.CallBatchAsync([.. views.Select(v => v.Request)], at.Number, cancellationToken);
            differences.AddRange(payees.Zip(views.Zip(answers, (v, a) => v.Read(a))).Select(f => Difference(f.First, ledger.Open.GetValueOrDefault(f.First), f.Second)).OfType<string>());
        }

        var buffers = ledger.Open.Values.Aggregate(TokenAmount.Zero, (sum, s) => sum + s.Deposit);
        var seen = (await _agreements.AccountFlows(account).AskAsync(rpc, at.Number, cancellationToken)).Deposit;
        if (differences.Count == 0 && buffers != seen)
            differences.Add($"buffers of {buffers} by the ledger, of {seen} by the chain: there is a flow that the ledger does not know");
        return differences.Count > 0 ? string.Join("; ", differences) : null;
    }

    private static string? Difference(Address payee, FlowSegment? told, FlowReading seen)
    {
        if (told is null)
            return seen.Rate.IsZero ? null : $"flow to {payee}: the ledger has none, the chain {seen.Rate}";
        if (told.Rate != seen.Rate)
            return $"flow to {payee}: the ledger has {told.Rate}, the chain {seen.Rate}";
        if (told.Begin.Mark.At != seen.LastUpdated)
            return $"flow to {payee}: changed at {told.Begin.Mark.At} by the ledger, at {seen.LastUpdated} by the chain";
        return told.Deposit == seen.Deposit ? null : $"flow to {payee}: a buffer of {told.Deposit} by the ledger, of {seen.Deposit} by the chain";
    }
}

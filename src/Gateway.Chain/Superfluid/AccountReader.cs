using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Superfluid;

/// <summary>Everything that an evaluation of one account needs, in one round trip at one executed block.</summary>
public sealed class AccountReader(SuperfluidContracts contracts, Address flowOperator, IEthRpc rpc)
{
    private readonly AgreementViews _agreements = new(contracts);

    /// <param name="at">The decision clock: not before the block's time.</param>
    /// <exception cref="Transport.ChainException">The account is unknown for now. Unknown is not unpaid.</exception>
    public async Task<AccountObservation> ReadAsync(
        AccountKey account, IEnumerable<Address> payees, BlockRef block, BlockTime at, TokenParameters parameters, CancellationToken cancellationToken)
    {
        var whole = new AccountViews(_agreements, account, at, flowOperator);
        var flows = payees.Distinct().Select(p => (Payee: p, View: _agreements.Flow(new FlowKey(account.SuperToken, account.Payer, p)))).ToList();

        var answers = (await rpc.CallBatchAsync([.. whole.Requests, .. flows.Select(f => f.View.Request)], block.Number, cancellationToken)).ToArray();
        var seen = whole.Read(answers.AsSpan(0, AccountViews.Count), block.Number)!; // A batch that is not answered whole throws.
        return new AccountObservation(
            block,
            at,
            seen.AvailableBalance,
            seen.BufferDeposit,
            seen.NetFlowRate,
            seen.Grant,
            flows.Select((f, i) => (f.Payee, Reading: f.View.Read(answers[AccountViews.Count + i]))).Where(f => !f.Reading.Rate.IsZero)
                .ToImmutableDictionary(f => f.Payee, f => f.Reading),
            parameters)
        {
            LastChanged = seen.LastChanged,
            Distributions = whole.ReadDistributions(answers.AsSpan(0, AccountViews.Count)),
        };
    }
}

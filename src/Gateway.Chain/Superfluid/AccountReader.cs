using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Superfluid;

/// <summary>Everything that an evaluation of one account needs, in one round trip at one executed block.</summary>
public sealed class AccountReader(SuperfluidContracts contracts, Address flowOperator, IEthRpc rpc)
{
    private const int FixedViews = 4;

    private readonly AgreementViews _agreements = new(contracts);

    /// <param name="at">The decision clock: not before the block's time.</param>
    /// <exception cref="Transport.ChainException">The account is unknown for now. Unknown is not unpaid.</exception>
    public async Task<AccountObservation> ReadAsync(
        AccountKey account, IEnumerable<Address> payees, BlockRef block, BlockTime at, TokenParameters parameters, CancellationToken cancellationToken)
    {
        var balance = TokenViews.AvailableBalance(account, at);
        var all = _agreements.AccountFlows(account);
        var distributions = _agreements.DistributionNetFlow(account);
        var grant = _agreements.Grant(account, flowOperator);
        var flows = payees.Distinct().Select(p => (Payee: p, View: _agreements.Flow(new FlowKey(account.SuperToken, account.Payer, p)))).ToList();

        CallRequest[] requests = [balance.Request, all.Request, distributions.Request, grant.Request, .. flows.Select(f => f.View.Request)];
        var answers = await rpc.CallBatchAsync(requests, block.Number, cancellationToken);
        var agreement = all.Read(answers[1]);
        return new AccountObservation(
            block,
            at,
            balance.Read(answers[0]),
            agreement.Deposit,
            agreement.Net + distributions.Read(answers[2]),
            // Who pays from his own key needs nobody's permission.
            account.Payer == flowOperator ? OperatorGrant.Unlimited : grant.Read(answers[3]),
            flows.Select((f, i) => (f.Payee, Reading: f.View.Read(answers[FixedViews + i]))).Where(f => !f.Reading.Rate.IsZero)
                .ToImmutableDictionary(f => f.Payee, f => f.Reading),
            parameters)
        {
            LastChanged = agreement.LastChanged,
        };
    }
}

using Gateway.Chain.Rpc;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Superfluid;

/// <summary>The views that show an account without its single flows: all of a glance, and the first part of a look.</summary>
internal sealed class AccountViews
{
    /// <summary>How many there are.</summary>
    public const int Count = 4;

    private readonly ChainView<TokenAmount> _balance;
    private readonly ChainView<AccountFlows> _flows;
    private readonly ChainView<NetFlowRate> _distributions;
    private readonly ChainView<OperatorGrant> _grant;
    private readonly BlockTime _at;
    private readonly bool _paysForItself;

    /// <param name="at">The decision clock: not before the time of the block that is asked.</param>
    public AccountViews(AgreementViews agreements, AccountKey account, BlockTime at, Address flowOperator)
    {
        _balance = TokenViews.AvailableBalance(account, at);
        _flows = agreements.AccountFlows(account);
        _distributions = agreements.DistributionNetFlow(account);
        _grant = agreements.Grant(account, flowOperator);
        (_at, _paysForItself) = (at, account.Payer == flowOperator);
    }

    public IEnumerable<CallRequest> Requests => [_balance.Request, _flows.Request, _distributions.Request, _grant.Request];

    /// <summary>The part of the net rate that comes from pools, or goes to them.</summary>
    /// <param name="answers">All of them there.</param>
    /// <exception cref="Transport.RpcFailedException">The answer is not what its function returns.</exception>
    public NetFlowRate ReadDistributions(ReadOnlySpan<byte[]> answers) => _distributions.Read(answers[2]);

    /// <returns>Null: one of them has no answer.</returns>
    /// <exception cref="Transport.RpcFailedException">An answer is not what its function returns.</exception>
    public AccountGlance? Read(ReadOnlySpan<byte[]?> answers, BlockNumber block)
    {
        if (answers is not [{ } balance, { } flows, { } distributions, { } grant])
            return null;
        var all = _flows.Read(flows);
        return new AccountGlance(
            block,
            _at,
            _balance.Read(balance),
            all.Deposit,
            all.Net + _distributions.Read(distributions),
            all.LastChanged,
            // Who pays from his own key needs nobody's permission.
            _paysForItself ? OperatorGrant.Unlimited : _grant.Read(grant));
    }
}

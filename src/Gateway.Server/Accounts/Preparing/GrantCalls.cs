using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Chains;

namespace Gateway.Server.Accounts.Preparing;

/// <summary>The calls by which a payer grants and revokes the operator's permissions.</summary>
internal sealed class GrantCalls(ChainDirectory directory)
{
    private const ulong SecondsPerHour = 3600;

    private SuperfluidContracts Contracts => directory.Deployment.Contracts;

    /// <summary>Through the CFA forwarder: short, and readable in a wallet.</summary>
    public PlannedCall ByForwarder(AccountTarget target, OperatorGrant grant) => new(Contracts.CfaForwarder, ForwarderData(target.Key.SuperToken, grant), Describe(target, grant));

    /// <summary>Through the Host, where no forwarder is trusted.</summary>
    public PlannedCall ByHost(AccountTarget target, OperatorGrant grant) =>
        new(Contracts.Host, HostCalls.CallAgreement(Contracts.Cfa, AgreementData(target.Key.SuperToken, grant), userData: []), Describe(target, grant));

    /// <summary>As one operation of a batch.</summary>
    public HostOperation InBatch(AccountTarget target, OperatorGrant grant) =>
        HostOperation.CallAgreement(Contracts.Cfa, AgreementData(target.Key.SuperToken, grant), userData: []);

    public string Describe(AccountTarget target, OperatorGrant grant)
    {
        var symbol = target.Token.Token.Symbol;
        var gateway = $"the gateway ({Eip55.Format(directory.Operator)})";
        if (grant == OperatorGrant.None)
            return $"Take back every permission of {gateway} on your {symbol} payments. What is being paid goes on until you end it yourself.";
        return grant.IsUnlimited
            ? $"Let {gateway} open, change and close your {symbol} payments, without a limit."
            : $"Let {gateway} open, change and close your {symbol} payments, raising them by at most {PerHour(grant.Allowance)} {symbol} per hour in all.";
    }

    private byte[] ForwarderData(Address superToken, OperatorGrant grant)
    {
        if (grant == OperatorGrant.None)
            return TokenCalls.RevokeByForwarder(superToken, directory.Operator);
        return grant.IsUnlimited
            ? TokenCalls.GrantByForwarder(superToken, directory.Operator)
            : TokenCalls.SetPermissionsByForwarder(superToken, directory.Operator, FlowPermissions.All, grant.Allowance);
    }

    private byte[] AgreementData(Address superToken, OperatorGrant grant)
    {
        if (grant == OperatorGrant.None)
            return FlowCalls.Revoke(superToken, directory.Operator);
        return grant.IsUnlimited
            ? FlowCalls.AuthorizeFully(superToken, directory.Operator)
            : FlowCalls.SetPermissions(superToken, directory.Operator, FlowPermissions.All, grant.Allowance);
    }

    private static string PerHour(FlowRate rate) => AmountText.Of(rate.Over(SecondsPerHour).Wei, TopUp.SuperTokenDecimals);
}

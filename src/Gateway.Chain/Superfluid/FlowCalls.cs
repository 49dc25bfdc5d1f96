using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Superfluid;

/// <summary>Calldata of the CFA's functions. They run only inside <c>Host.callAgreement</c> or a batch (ConstantFlowAgreementV1.sol: onlyHost).</summary>
/// <remarks>The trailing ctx is a placeholder and always empty, else the Host refuses (HOST_NON_ZERO_LENGTH_PLACEHOLDER_CTX).</remarks>
public static class FlowCalls
{
    private static readonly byte[] NoContext = [];

    public static byte[] Create(Address superToken, Address payee, FlowRate rate) =>
        Encode("createFlow", superToken, payee, rate.WeiPerSecond, NoContext);

    public static byte[] Update(Address superToken, Address payee, FlowRate rate) =>
        Encode("updateFlow", superToken, payee, rate.WeiPerSecond, NoContext);

    /// <summary>By payer, payee, an operator with the delete permission, or anybody where the payer is critical.</summary>
    public static byte[] Delete(Address superToken, Address payer, Address payee) => Encode("deleteFlow", superToken, payer, payee, NoContext);

    public static byte[] CreateByOperator(FlowKey flow, FlowRate rate) =>
        Encode("createFlowByOperator", flow.SuperToken, flow.Payer, flow.Payee, rate.WeiPerSecond, NoContext);

    public static byte[] UpdateByOperator(FlowKey flow, FlowRate rate) =>
        Encode("updateFlowByOperator", flow.SuperToken, flow.Payer, flow.Payee, rate.WeiPerSecond, NoContext);

    public static byte[] DeleteByOperator(FlowKey flow) => Encode("deleteFlowByOperator", flow.SuperToken, flow.Payer, flow.Payee, NoContext);

    /// <summary>Sets both values. <see cref="FlowRate.Max"/> is "unlimited".</summary>
    public static byte[] SetPermissions(Address superToken, Address flowOperator, FlowPermissions permissions, FlowRate allowance) =>
        Encode("updateFlowOperatorPermissions", superToken, flowOperator, (byte)permissions, allowance.WeiPerSecond, NoContext);

    public static byte[] AuthorizeFully(Address superToken, Address flowOperator) =>
        Encode("authorizeFlowOperatorWithFullControl", superToken, flowOperator, NoContext);

    public static byte[] Revoke(Address superToken, Address flowOperator) => Encode("revokeFlowOperatorWithFullControl", superToken, flowOperator, NoContext);

    public static byte[] IncreaseAllowance(Address superToken, Address flowOperator, FlowRate added) =>
        Encode("increaseFlowRateAllowance", superToken, flowOperator, added.WeiPerSecond, NoContext);

    public static byte[] DecreaseAllowance(Address superToken, Address flowOperator, FlowRate subtracted) =>
        Encode("decreaseFlowRateAllowance", superToken, flowOperator, subtracted.WeiPerSecond, NoContext);

    public static byte[] IncreaseWithPermissions(Address superToken, Address flowOperator, FlowPermissions added, FlowRate addedAllowance) =>
        Encode("increaseFlowRateAllowanceWithPermissions", superToken, flowOperator, (byte)added, addedAllowance.WeiPerSecond, NoContext);

    public static byte[] DecreaseWithPermissions(Address superToken, Address flowOperator, FlowPermissions removed, FlowRate subtracted) =>
        Encode("decreaseFlowRateAllowanceWithPermissions", superToken, flowOperator, (byte)removed, subtracted.WeiPerSecond, NoContext);

    private static byte[] Encode(string function, params object[] arguments) => Interfaces.Cfa.Function(function).Encode(arguments);
}

/// <summary>Bits of the CFA's access control list (superfluid.md §3.1).</summary>
[Flags]
public enum FlowPermissions
{
    None = 0,
    Create = 1,
    Update = 2,
    Delete = 4,
    All = Create | Update | Delete,
}

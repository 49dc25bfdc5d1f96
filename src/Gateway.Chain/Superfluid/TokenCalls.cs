using System.Numerics;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Superfluid;

/// <summary>Calldata of super tokens and of what they wrap.</summary>
public static class TokenCalls
{
    public static byte[] Transfer(Address to, TokenAmount amount) => Interfaces.SuperToken.Function("transfer").Encode(to, amount.Wei);

    public static byte[] TransferAll(Address to) => Interfaces.SuperToken.Function("transferAll").Encode(to);

    /// <summary>Amount with 18 decimals, whatever the underlying has.</summary>
    public static byte[] Upgrade(TokenAmount amount) => Interfaces.SuperToken.Function("upgrade").Encode(amount.Wei);

    public static byte[] Downgrade(TokenAmount amount) => Interfaces.SuperToken.Function("downgrade").Encode(amount.Wei);

    /// <summary>Of a native wrapper: wraps the value that is sent along.</summary>
    public static byte[] UpgradeNative() => Interfaces.NativeWrapper.Function("upgradeByETH").Encode();

    /// <summary>Of the underlying, in its own decimals, to the super token's address.</summary>
    public static byte[] ApproveUnderlying(Address superToken, BigInteger units) => Interfaces.Erc20.Function("approve").Encode(superToken, units);

    /// <summary>The forwarder's grant: short, and readable in a wallet. (7, unlimited).</summary>
    public static byte[] GrantByForwarder(Address superToken, Address flowOperator) =>
        Interfaces.Forwarder.Function("grantPermissions").Encode(superToken, flowOperator);

    public static byte[] RevokeByForwarder(Address superToken, Address flowOperator) =>
        Interfaces.Forwarder.Function("revokePermissions").Encode(superToken, flowOperator);

    public static byte[] SetPermissionsByForwarder(Address superToken, Address flowOperator, FlowPermissions permissions, FlowRate allowance) =>
        Interfaces.Forwarder.Function("updateFlowOperatorPermissions").Encode(superToken, flowOperator, (byte)permissions, allowance.WeiPerSecond);
}

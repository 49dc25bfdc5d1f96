using System.Numerics;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>A wrap as the contract makes it.</summary>
/// <param name="Amount">What the payer gets, 18 decimals.</param>
/// <param name="Units">What it takes of the underlying, in its own decimals.</param>
public sealed record WrapAmount(TokenAmount Amount, BigInteger Units);

/// <summary>How much an account must be given, and what that takes of the token that is wrapped.</summary>
public static class TopUp
{
    /// <summary>Decimals of every super token.</summary>
    public const int SuperTokenDecimals = 18;

    /// <summary>What must be added for the balance not to be below zero during so many seconds, at the present net rate; 0 where nothing is missing.</summary>
    /// <remarks>A balance moves along a line between two changes, so it is lowest at one of the ends.</remarks>
    public static TokenAmount ForRunway(TokenAmount available, NetFlowRate net, ulong seconds)
    {
        var atTheEnd = Solvency.BalanceAfter(available, net, seconds);
        return TokenAmount.Larger(TokenAmount.Zero, TokenAmount.Larger(-available, -atTheEnd));
    }

    /// <summary>The least wrap that gives at least <paramref name="wanted"/>: up to a whole unit of the underlying (decision 3).</summary>
    /// <remarks>SuperToken.sol, _toUnderlyingAmount: what is below one unit of the underlying is cut off, so nothing is asked for there.</remarks>
    public static WrapAmount ToWrap(TokenAmount wanted, int underlyingDecimals)
    {
        if (underlyingDecimals >= SuperTokenDecimals)
            return new WrapAmount(wanted, wanted.Wei * BigInteger.Pow(10, underlyingDecimals - SuperTokenDecimals));
        var perUnit = BigInteger.Pow(10, SuperTokenDecimals - underlyingDecimals);
        var units = (wanted.Wei + perUnit - 1) / perUnit;
        return new WrapAmount(TokenAmount.FromWei(units * perUnit), units);
    }
}

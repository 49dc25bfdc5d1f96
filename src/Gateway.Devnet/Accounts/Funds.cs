using System.Numerics;
using Gateway.Domain.Money;

namespace Gateway.Devnet.Accounts;

/// <summary>What an account is given.</summary>
/// <param name="UsdcUnits">Of the underlying of USDCx, in its own 6 decimals: to wrap for a top-up.</param>
internal sealed record Funds(TokenAmount Aleph, TokenAmount Usdcx, BigInteger UsdcUnits, Wei Avax)
{
    private const int UsdcUnit = 1_000_000;

    private static readonly BigInteger Whole = BigInteger.Pow(10, 18);

    /// <summary>Enough for any story that the devnet tells.</summary>
    public static readonly Funds OfPayer = new(OfTokens(100_000), OfTokens(100_000), new BigInteger(100_000) * UsdcUnit, OfAvax(1_000));

    /// <summary>So many whole tokens of 18 decimals.</summary>
    public static TokenAmount OfTokens(long whole) => TokenAmount.FromWei(whole * Whole);

    /// <summary>So many whole AVAX.</summary>
    public static Wei OfAvax(long whole) => Wei.From(whole * Whole);
}

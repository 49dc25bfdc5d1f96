using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Gateway.Domain.Money;

namespace Gateway.Domain.Pricing;

/// <summary>What one unit costs for one hour, in wei of one super token: 0 to 10^30. <c>default</c> is 0, "free".</summary>
public readonly record struct HourlyPrice
{
    public const int SecondsPerHour = 3600;

    public static readonly HourlyPrice Free;

    /// <summary>10^12 whole tokens: far above any price, and far below what arithmetic would mind.</summary>
    private static readonly BigInteger Most = BigInteger.Pow(10, 30);

    private readonly BigInteger _wei;

    private HourlyPrice(BigInteger wei) => _wei = wei;

    public BigInteger WeiPerHour => _wei;

    /// <exception cref="ArgumentOutOfRangeException">Negative, or above 10^30.</exception>
    public static HourlyPrice FromWeiPerHour(BigInteger wei) => wei.Sign >= 0 && wei <= Most
        ? new HourlyPrice(wei)
        : throw new ArgumentOutOfRangeException(nameof(wei), "An hourly price is 0 to 10^30 wei.");

    /// <summary>Whole tokens as people write them, "0.055", exact to the wei.</summary>
    public static bool TryParseTokens([NotNullWhen(true)] string? text, out HourlyPrice price)
    {
        price = Free;
        if (!ExactDecimal.TryParse(text, ExactDecimal.Places, out var wei) || wei > Most)
            return false;
        price = new HourlyPrice(wei);
        return true;
    }

    /// <summary>Wei per second of so many units, rounded down, in the customer's favour.</summary>
    /// <returns>Not yet a flow rate: it may be more than a flow can carry.</returns>
    public BigInteger PerSecond(Quantity quantity) => _wei * quantity.Units / SecondsPerHour; // Nothing is negative: towards zero is down.

    public override string ToString() => ExactDecimal.Format(_wei, ExactDecimal.Places) + " tokens/h";
}

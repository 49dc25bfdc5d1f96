using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Gateway.Domain.Money;

namespace Gateway.Domain.Pricing;

/// <summary>What a whole super token is worth in US dollars, in parts of 10^-18: above 0, at most 10^18 dollars. There is no default: a worth of nothing would make everything dear without end.</summary>
public sealed record UsdWorth
{
    private static readonly BigInteger Most = BigInteger.Pow(10, 36);

    private UsdWorth(BigInteger atto) => Atto = atto;

    /// <summary>10^-18 dollars.</summary>
    public BigInteger Atto { get; }

    /// <summary>Dollars as people write them, "0.26".</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out UsdWorth? worth)
    {
        worth = ExactDecimal.TryParse(text, ExactDecimal.Places, out var atto) ? Of(atto) : null;
        return worth is not null;
    }

    /// <summary>A figure of so many decimals, as an aggregator on chain answers it. More than 18 of them are cut off.</summary>
    /// <returns>Null: not above 0, or above 10^18 dollars.</returns>
    public static UsdWorth? Scaled(BigInteger figure, int decimals) => Of(decimals <= ExactDecimal.Places
        ? figure * BigInteger.Pow(10, ExactDecimal.Places - decimals)
        : figure / BigInteger.Pow(10, decimals - ExactDecimal.Places));

    /// <summary>Whether this is further from another worth than so many millionths of that one.</summary>
    public bool IsFurtherThan(uint ppm, UsdWorth from) => BigInteger.Abs(Atto - from.Atto) * SharePpm.Whole > from.Atto * ppm;

    public override string ToString() => ExactDecimal.Format(Atto, ExactDecimal.Places) + " USD";

    private static UsdWorth? Of(BigInteger atto) => atto.Sign > 0 && atto <= Most ? new UsdWorth(atto) : null;
}

/// <summary>What one unit costs for one hour, in 10^-18 US dollars: 0 to 10^30. <c>default</c> is 0.</summary>
public readonly record struct UsdHourlyPrice
{
    private static readonly BigInteger Most = BigInteger.Pow(10, 30);

    private static readonly BigInteger WeiPerToken = BigInteger.Pow(10, ExactDecimal.Places);

    private readonly BigInteger _atto;

    private UsdHourlyPrice(BigInteger atto) => _atto = atto;

    /// <summary>Dollars as people write them, exact.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out UsdHourlyPrice price)
    {
        var isRead = ExactDecimal.TryParse(text, ExactDecimal.Places, out var atto) && atto <= Most;
        price = isRead ? new UsdHourlyPrice(atto) : default;
        return isRead;
    }

    /// <summary>Wei per second of so many units, rounded down once, at the end: in the customer's favour.</summary>
    public BigInteger PerSecond(Quantity quantity, UsdWorth token) => _atto * quantity.Units * WeiPerToken / (token.Atto * HourlyPrice.SecondsPerHour);

    public override string ToString() => ExactDecimal.Format(_atto, ExactDecimal.Places) + " USD/h";
}

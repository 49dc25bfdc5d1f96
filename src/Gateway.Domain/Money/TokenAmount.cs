using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Gateway.Domain.Money;

/// <summary>Wei of a super token (18 decimals), signed: an available balance may be below zero. Range int256. <c>default</c> is 0.</summary>
public readonly record struct TokenAmount : IComparable<TokenAmount>
{
    public static readonly TokenAmount Zero;

    /// <summary>Of every super token.</summary>
    private const int Decimals = 18;

    private static readonly BigInteger Limit = BigInteger.One << 255;

    private readonly BigInteger _wei;

    private TokenAmount(BigInteger wei) => _wei = wei;

    public BigInteger Wei => _wei;

    public bool IsNegative => _wei.Sign < 0;

    public bool IsZero => _wei.IsZero;

    /// <exception cref="ArgumentOutOfRangeException">Outside int256.</exception>
    public static TokenAmount FromWei(BigInteger wei) => wei >= -Limit && wei < Limit
        ? new TokenAmount(wei)
        : throw new ArgumentOutOfRangeException(nameof(wei), "An amount fits int256.");

    /// <summary>Canonical decimals with an optional minus sign.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TokenAmount amount)
    {
        amount = Zero;
        if (!CanonicalDecimal.IsSigned(text))
            return false;
        var wei = BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (wei < -Limit || wei >= Limit)
            return false;
        amount = new TokenAmount(wei);
        return true;
    }

    /// <exception cref="FormatException">Not canonical, or outside int256.</exception>
    public static TokenAmount Parse(string text) =>
        TryParse(text, out var amount) ? amount : throw new FormatException($"'{text}' is not an amount in wei.");

    public int CompareTo(TokenAmount other) => _wei.CompareTo(other._wei);

    /// <summary>The decimals without a unit: the wire's and the store's form.</summary>
    public string ToDecimal() => _wei.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whole tokens for people, exact: as many of 18 places as it takes.</summary>
    public string ToTokens()
    {
        var whole = BigInteger.DivRem(BigInteger.Abs(_wei), BigInteger.Pow(10, Decimals), out var rest);
        var places = rest.ToString(CultureInfo.InvariantCulture).PadLeft(Decimals, '0').TrimEnd('0');
        return string.Create(CultureInfo.InvariantCulture, $"{(IsNegative ? "-" : "")}{whole}{(places.Length > 0 ? "." : "")}{places}");
    }

    public override string ToString() => ToDecimal() + " wei";

    public static TokenAmount Larger(TokenAmount left, TokenAmount right) => left > right ? left : right;

    public static TokenAmount operator +(TokenAmount left, TokenAmount right) => FromWei(left._wei + right._wei);

    public static TokenAmount operator -(TokenAmount left, TokenAmount right) => FromWei(left._wei - right._wei);

    public static TokenAmount operator -(TokenAmount amount) => FromWei(-amount._wei);

    public static bool operator <(TokenAmount left, TokenAmount right) => left._wei < right._wei;

    public static bool operator >(TokenAmount left, TokenAmount right) => left._wei > right._wei;

    public static bool operator <=(TokenAmount left, TokenAmount right) => left._wei <= right._wei;

    public static bool operator >=(TokenAmount left, TokenAmount right) => left._wei >= right._wei;
}

using System.Globalization;
using System.Numerics;

namespace Gateway.Domain.Money;

/// <summary>Thousandths of a wei: the meter's and the drift's unit, since a rate in wei per second times milliseconds is exactly that. Signed.</summary>
public readonly record struct MilliWei : IComparable<MilliWei>
{
    public static readonly MilliWei Zero;

    private readonly BigInteger _value;

    private MilliWei(BigInteger value) => _value = value;

    public BigInteger Value => _value;

    /// <summary>rate × milliseconds, exact.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative milliseconds.</exception>
    public static MilliWei Of(FlowRate rate, long milliseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(milliseconds);
        return new MilliWei((BigInteger)rate.WeiPerSecond * milliseconds);
    }

    /// <summary>Whole wei in thousandths.</summary>
    public static MilliWei Of(TokenAmount amount) => new(amount.Wei * 1000);

    public static MilliWei Parse(string text) => CanonicalDecimal.IsSigned(text)
        ? new MilliWei(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
        : throw new FormatException($"'{text}' is not a canonical signed integer.");

    /// <summary>Whole wei, rounded down: in the customer's favour for what was used.</summary>
    public TokenAmount FloorToWei()
    {
        var quotient = BigInteger.DivRem(_value, 1000, out var rest);
        return TokenAmount.FromWei(rest.Sign < 0 ? quotient - 1 : quotient);
    }

    /// <summary>Whole wei, rounded up: for what must not be understated.</summary>
    public TokenAmount CeilingToWei() => -new MilliWei(-_value).FloorToWei();

    /// <summary>A share of what is not negative, rounded down.</summary>
    public MilliWei PartOf(SharePpm share) => new(_value * share.Value / SharePpm.Whole);

    /// <summary>How far from zero.</summary>
    public MilliWei Magnitude => new(BigInteger.Abs(_value));

    public int CompareTo(MilliWei other) => _value.CompareTo(other._value);

    public string ToDecimal() => _value.ToString(CultureInfo.InvariantCulture);

    public override string ToString() => ToDecimal() + " mwei";

    public static MilliWei operator +(MilliWei left, MilliWei right) => new(left._value + right._value);

    public static MilliWei operator -(MilliWei left, MilliWei right) => new(left._value - right._value);

    public static bool operator <(MilliWei left, MilliWei right) => left._value < right._value;

    public static bool operator >(MilliWei left, MilliWei right) => left._value > right._value;

    public static bool operator <=(MilliWei left, MilliWei right) => left._value <= right._value;

    public static bool operator >=(MilliWei left, MilliWei right) => left._value >= right._value;
}

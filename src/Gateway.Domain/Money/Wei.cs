using System.Globalization;
using System.Numerics;

namespace Gateway.Domain.Money;

/// <summary>Wei of the chain's native coin (gas money), 0 … 2^256−1. Never mixed with a super token's <see cref="TokenAmount"/>. <c>default</c> is 0.</summary>
public readonly record struct Wei : IComparable<Wei>
{
    public static readonly Wei Zero;

    private static readonly BigInteger Limit = BigInteger.One << 256;

    private readonly BigInteger _value;

    private Wei(BigInteger value) => _value = value;

    public BigInteger Value => _value;

    /// <exception cref="ArgumentOutOfRangeException">Negative, or above uint256.</exception>
    public static Wei From(BigInteger value) => value.Sign >= 0 && value < Limit
        ? new Wei(value)
        : throw new ArgumentOutOfRangeException(nameof(value), "Native wei fit uint256.");

    public static Wei FromGwei(ulong gwei) => From(new BigInteger(gwei) * 1_000_000_000);

    public static Wei Parse(string text) => CanonicalDecimal.IsUnsigned(text)
        ? From(BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture))
        : throw new FormatException($"'{text}' is not an amount of native wei.");

    /// <summary>Rounded up: the unit in which budgets are counted inside Redis scripts, whose numbers are exact only to 2^53.</summary>
    public long ToNanoCeiling() => checked((long)((_value + 999_999_999) / 1_000_000_000));

    public int CompareTo(Wei other) => _value.CompareTo(other._value);

    public string ToDecimal() => _value.ToString(CultureInfo.InvariantCulture);

    public override string ToString() => ToDecimal() + " wei (native)";

    public static Wei Larger(Wei left, Wei right) => left > right ? left : right;

    public static Wei operator +(Wei left, Wei right) => From(left._value + right._value);

    public static Wei operator -(Wei left, Wei right) => From(left._value - right._value);

    public static Wei operator *(Wei price, ulong quantity) => From(price._value * quantity);

    public static bool operator <(Wei left, Wei right) => left._value < right._value;

    public static bool operator >(Wei left, Wei right) => left._value > right._value;

    public static bool operator <=(Wei left, Wei right) => left._value <= right._value;

    public static bool operator >=(Wei left, Wei right) => left._value >= right._value;
}

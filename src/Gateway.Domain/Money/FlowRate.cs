using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Gateway.Domain.Money;

/// <summary>Wei per second of one flow or leg: 0 … 2^95−1, the non-negative half of int96. <c>default</c> is 0, "no flow".</summary>
/// <remarks>An account's net rate may be negative and is a <see cref="NetFlowRate"/>: the sign is never unchecked.</remarks>
public readonly record struct FlowRate : IComparable<FlowRate>
{
    /// <summary>int96.max; as a flow-rate allowance it means "unlimited" (ConstantFlowAgreementV1.sol).</summary>
    public static readonly FlowRate Max = new((Int128.One << 95) - 1);

    public static readonly FlowRate Zero;

    private readonly Int128 _weiPerSecond;

    private FlowRate(Int128 weiPerSecond) => _weiPerSecond = weiPerSecond;

    public bool IsZero => _weiPerSecond == 0;

    public Int128 WeiPerSecond => _weiPerSecond;

    /// <exception cref="ArgumentOutOfRangeException">Negative, or above int96.</exception>
    public static FlowRate FromWeiPerSecond(Int128 value) => value >= 0 && value <= Max._weiPerSecond
        ? new FlowRate(value)
        : throw new ArgumentOutOfRangeException(nameof(value), value.ToString(CultureInfo.InvariantCulture), "A flow rate is 0 to 2^95-1 wei per second.");

    /// <summary>Canonical decimals only: no sign, no leading zero, no white space.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out FlowRate rate)
    {
        rate = Zero;
        if (!CanonicalDecimal.IsUnsigned(text) || text.Length > 29)
            return false;
        var value = Int128.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        if (value > Max._weiPerSecond)
            return false;
        rate = new FlowRate(value);
        return true;
    }

    /// <exception cref="FormatException">Not canonical, or out of range.</exception>
    public static FlowRate Parse(string text) =>
        TryParse(text, out var rate) ? rate : throw new FormatException($"'{text}' is not a flow rate: a decimal integer of 0 to 2^95-1.");

    /// <summary>What a flow of this rate moves in so many seconds.</summary>
    public TokenAmount Over(ulong seconds) => TokenAmount.FromWei((BigInteger)_weiPerSecond * seconds);

    public int CompareTo(FlowRate other) => _weiPerSecond.CompareTo(other._weiPerSecond);

    /// <summary>The decimals without a unit: the wire's and the store's form.</summary>
    public string ToDecimal() => _weiPerSecond.ToString(CultureInfo.InvariantCulture);

    public override string ToString() => ToDecimal() + " wei/s";

    /// <summary>The larger of the difference and zero.</summary>
    public FlowRate MinusFloored(FlowRate other) => this > other ? this - other : Zero;

    public static FlowRate Min(FlowRate left, FlowRate right) => left < right ? left : right;

    public static FlowRate Larger(FlowRate left, FlowRate right) => left > right ? left : right;

    public static FlowRate operator +(FlowRate left, FlowRate right) => FromWeiPerSecond(left._weiPerSecond + right._weiPerSecond);

    public static FlowRate operator -(FlowRate left, FlowRate right) => FromWeiPerSecond(left._weiPerSecond - right._weiPerSecond);

    public static bool operator <(FlowRate left, FlowRate right) => left._weiPerSecond < right._weiPerSecond;

    public static bool operator >(FlowRate left, FlowRate right) => left._weiPerSecond > right._weiPerSecond;

    public static bool operator <=(FlowRate left, FlowRate right) => left._weiPerSecond <= right._weiPerSecond;

    public static bool operator >=(FlowRate left, FlowRate right) => left._weiPerSecond >= right._weiPerSecond;
}

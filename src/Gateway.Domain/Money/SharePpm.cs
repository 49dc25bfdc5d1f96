using System.Globalization;

namespace Gateway.Domain.Money;

/// <summary>A share in parts per million, 1 … 1,000,000. The shares of a lease add up to <see cref="Whole"/>.</summary>
public readonly record struct SharePpm
{
    public const uint Whole = 1_000_000;

    private SharePpm(uint value) => Value = value;

    /// <summary>0 only in <c>default</c>, which no lease carries.</summary>
    public uint Value { get; }

    /// <exception cref="ArgumentOutOfRangeException">0, or above 1,000,000.</exception>
    public static SharePpm FromPpm(uint value) => value is > 0 and <= Whole
        ? new SharePpm(value)
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A share is 1 to 1,000,000 ppm.");

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + " ppm";
}

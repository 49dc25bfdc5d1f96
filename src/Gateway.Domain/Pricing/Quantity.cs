using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Gateway.Domain.Pricing;

/// <summary>How much of a component a VM has, in the component's own unit: a whole number of 0 to 10^18. <c>default</c> is 0.</summary>
/// <remarks>Whole on purpose: a plan that sells halves takes a smaller unit, and nobody has to agree on how a half is rounded.</remarks>
public readonly record struct Quantity : IComparable<Quantity>
{
    private const ulong Most = 1_000_000_000_000_000_000;

    public static readonly Quantity Zero;

    private Quantity(ulong units) => Units = units;

    public ulong Units { get; }

    public bool IsZero => Units == 0;

    /// <exception cref="ArgumentOutOfRangeException">Above 10^18.</exception>
    public static Quantity Of(ulong units) => units <= Most
        ? new Quantity(units)
        : throw new ArgumentOutOfRangeException(nameof(units), units, "A quantity is 0 to 10^18.");

    /// <summary>Canonical decimals only: no sign, no point, no leading zero, no white space.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Quantity quantity)
    {
        quantity = Zero;
        if (string.IsNullOrEmpty(text) || text.Length > 19 || (text[0] == '0' && text.Length > 1) || !text.All(char.IsAsciiDigit))
            return false;
        var units = ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        if (units > Most)
            return false;
        quantity = new Quantity(units);
        return true;
    }

    /// <exception cref="FormatException">Not canonical, or out of range.</exception>
    public static Quantity Parse(string text) =>
        TryParse(text, out var quantity) ? quantity : throw new FormatException($"'{text}' is not a quantity: a whole number of 0 to 10^18.");

    /// <summary>The larger of the difference and zero.</summary>
    public Quantity MinusFloored(Quantity other) => Units > other.Units ? new Quantity(Units - other.Units) : Zero;

    public int CompareTo(Quantity other) => Units.CompareTo(other.Units);

    public string ToDecimal() => Units.ToString(CultureInfo.InvariantCulture);

    public override string ToString() => ToDecimal() + " units";

    public static bool operator <(Quantity left, Quantity right) => left.Units < right.Units;

    public static bool operator >(Quantity left, Quantity right) => left.Units > right.Units;

    public static bool operator <=(Quantity left, Quantity right) => left.Units <= right.Units;

    public static bool operator >=(Quantity left, Quantity right) => left.Units >= right.Units;
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Gateway.Domain.Money;

/// <summary>Decimals as people write them, taken as a whole number of the smallest part: "0.055" of 18 places is 55 · 10^15. Never rounded.</summary>
public static class ExactDecimal
{
    /// <summary>Of every super token, and of dollars in a price list.</summary>
    public const int Places = 18;

    private const int MostDigits = 40;

    /// <summary>Canonical decimals with at most <paramref name="places"/> places behind a point: no sign, no exponent, no leading zeros, no white space.</summary>
    /// <param name="scaled">The number times 10^<paramref name="places"/>.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, int places, out BigInteger scaled)
    {
        scaled = BigInteger.Zero;
        if (string.IsNullOrEmpty(text) || text.Length > MostDigits + 1 + places)
            return false;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var (whole, part) = point < 0 ? (text, "") : (text[..point], text[(point + 1)..]);
        if (!CanonicalDecimal.IsUnsigned(whole) || part.Length > places || (point >= 0 && part.Length == 0) || !part.All(char.IsAsciiDigit))
            return false;
        scaled = BigInteger.Parse(whole + part.PadRight(places, '0'), NumberStyles.None, CultureInfo.InvariantCulture);
        return true;
    }

    /// <summary>The shortest text that <see cref="TryParse"/> reads back.</summary>
    public static string Format(BigInteger scaled, int places)
    {
        var digits = scaled.ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        var part = digits[^places..].TrimEnd('0');
        return part.Length == 0 ? digits[..^places] : $"{digits[..^places]}.{part}";
    }
}

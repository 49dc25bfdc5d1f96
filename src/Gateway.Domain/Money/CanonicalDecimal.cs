using System.Diagnostics.CodeAnalysis;

namespace Gateway.Domain.Money;

/// <summary>One text per number, so that Redis scripts may compare amounts as strings.</summary>
internal static class CanonicalDecimal
{
    public static bool IsUnsigned([NotNullWhen(true)] string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > 78 || (text[0] == '0' && text.Length > 1))
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
        }

        return true;
    }

    public static bool IsSigned([NotNullWhen(true)] string? text) =>
        text is not null && (IsUnsigned(text) || (text.Length > 1 && text[0] == '-' && text[1] != '0' && IsUnsigned(text[1..])));
}

using System.Diagnostics.CodeAnalysis;

namespace Gateway.Domain.Identity;

/// <summary>The one test for "0x" and a fixed number of hex digits.</summary>
internal static class HexText
{
    public static bool IsHex([NotNullWhen(true)] string? text, int bytes)
    {
        if (text is null || text.Length != 2 + (bytes * 2) || !text.StartsWith("0x", StringComparison.Ordinal))
            return false;
        foreach (var c in text.AsSpan(2))
        {
            if (!char.IsAsciiHexDigit(c))
                return false;
        }

        return true;
    }
}

using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Chain.Transport;

/// <summary>"0x" and an even number of hex digits, as nodes write bytes.</summary>
internal static class HexBytes
{
    public static bool TryParse(string? text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text is null || text.Length % 2 != 0 || !text.StartsWith("0x", StringComparison.Ordinal))
            return false;
        var parsed = new byte[(text.Length - 2) / 2];
        if (Convert.FromHexString(text.AsSpan(2), parsed, out _, out _) != OperationStatus.Done)
            return false;
        bytes = parsed;
        return true;
    }
}

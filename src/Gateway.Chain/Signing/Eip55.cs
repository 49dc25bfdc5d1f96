using System.Diagnostics.CodeAnalysis;
using System.Text;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Signing;

/// <summary>Addresses with a checksum in the case of their letters (EIP-55).</summary>
public static class Eip55
{
    public static string Format(Address address)
    {
        var lower = address.ToString()[2..];
        var hash = Keccak.Hash(Encoding.ASCII.GetBytes(lower));
        return "0x" + string.Create(lower.Length, (lower, hash), static (text, state) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                var nibble = i % 2 == 0 ? state.hash[i / 2] >> 4 : state.hash[i / 2] & 15;
                text[i] = nibble >= 8 ? char.ToUpperInvariant(state.lower[i]) : state.lower[i];
            }
        });
    }

    /// <summary>All lower or all upper case carries no checksum and is taken; mixed case must be right.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Address? address)
    {
        if (!Address.TryParse(text, out address))
            return false;
        var digits = text.AsSpan(2);
        var isMixed = digits.ContainsAnyInRange('a', 'f') && digits.ContainsAnyInRange('A', 'F');
        if (!isMixed || string.Equals(Format(address), text, StringComparison.Ordinal))
            return true;
        address = null;
        return false;
    }
}

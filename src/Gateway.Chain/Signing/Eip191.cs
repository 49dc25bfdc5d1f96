using System.Globalization;
using System.Text;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Signing;

/// <summary>Signed messages: keccak256(0x19 "Ethereum Signed Message:\n" length message) (EIP-191, version 0x45).</summary>
public static class Eip191
{
    public static Hash32 Hash(ReadOnlySpan<byte> message)
    {
        var prefix = Encoding.ASCII.GetBytes("\u0019Ethereum Signed Message:\n" + message.Length.ToString(CultureInfo.InvariantCulture));
        return Hash32.FromBytes(Keccak.Hash([.. prefix, .. message]));
    }
}

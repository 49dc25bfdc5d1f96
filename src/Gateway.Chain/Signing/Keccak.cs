using System.Text;
using Org.BouncyCastle.Crypto.Digests;

namespace Gateway.Chain.Signing;

/// <summary>Keccak-256 as Ethereum uses it: with the padding of before FIPS 202.</summary>
public static class Keccak
{
    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        var digest = new KeccakDigest(256);
        digest.BlockUpdate(data);
        var hash = new byte[32];
        digest.DoFinal(hash);
        return hash;
    }

    /// <summary>Hash of a text's UTF-8 bytes: where selectors and topics come from.</summary>
    public static byte[] HashText(string text) => Hash(Encoding.UTF8.GetBytes(text));
}

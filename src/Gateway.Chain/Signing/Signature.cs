using System.Numerics;

namespace Gateway.Chain.Signing;

/// <summary>A secp256k1 signature with low s (EIP-2) and the parity of R's y, from which the signer can be recovered.</summary>
public sealed record Signature(BigInteger R, BigInteger S, bool IsYOdd)
{
    public const int Size = 65;

    /// <summary>r, s, and 27 or 28: the form of signed messages.</summary>
    public byte[] ToMessageBytes() => [.. Word(R), .. Word(S), (byte)(IsYOdd ? 28 : 27)];

    private static byte[] Word(BigInteger value)
    {
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }
}

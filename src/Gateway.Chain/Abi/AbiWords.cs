using System.Numerics;

namespace Gateway.Chain.Abi;

/// <summary>Integers and 32-byte words.</summary>
internal static class AbiWords
{
    public const int Size = 32;

    /// <summary>Two's complement, big endian.</summary>
    public static void Write(BigInteger value, Span<byte> word)
    {
        word.Fill(value.Sign < 0 ? (byte)0xff : (byte)0);
        Span<byte> bytes = stackalloc byte[Size + 1];
        if (!value.TryWriteBytes(bytes, out var count, isUnsigned: false, isBigEndian: true))
            throw new AbiException("The integer does not fit 32 bytes.");
        // An unsigned value with its top bit set comes with one leading zero byte.
        var significant = count > Size ? bytes[(count - Size)..count] : bytes[..count];
        significant.CopyTo(word[(Size - significant.Length)..]);
    }

    public static BigInteger ReadUnsigned(ReadOnlySpan<byte> word) => new(word, isUnsigned: true, isBigEndian: true);

    public static BigInteger ReadSigned(ReadOnlySpan<byte> word) => new(word, isUnsigned: false, isBigEndian: true);

    public static bool Fits(BigInteger value, AbiKind kind, int bits) => kind == AbiKind.UnsignedInteger
        ? value.Sign >= 0 && value < BigInteger.One << bits
        : value >= -(BigInteger.One << (bits - 1)) && value < BigInteger.One << (bits - 1);
}

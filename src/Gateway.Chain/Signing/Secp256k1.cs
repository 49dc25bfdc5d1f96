using System.Numerics;
using Gateway.Domain.Identity;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Big = Org.BouncyCastle.Math.BigInteger;
using Point = Org.BouncyCastle.Math.EC.ECPoint;

namespace Gateway.Chain.Signing;

/// <summary>The curve: deterministic signing (RFC 6979), recovery (SEC 1 §4.1.6), addresses. Arithmetic is BouncyCastle's.</summary>
public static class Secp256k1
{
    private static readonly X9ECParameters Curve = SecNamedCurves.GetByName("secp256k1");
    private static readonly ECDomainParameters Domain = new(Curve.Curve, Curve.G, Curve.N, Curve.H);
    private static readonly Big HalfOrder = Curve.N.ShiftRight(1);

    /// <exception cref="ArgumentException">Not 32 bytes, zero, or beyond the curve's order.</exception>
    public static byte[] CheckPrivateKey(ReadOnlySpan<byte> key)
    {
        var scalar = new Big(1, key);
        return key.Length == 32 && scalar.SignValue > 0 && scalar.CompareTo(Curve.N) < 0
            ? key.ToArray()
            : throw new ArgumentException("A private key is 32 bytes between 1 and the order of secp256k1.", nameof(key));
    }

    public static Address AddressOf(ReadOnlySpan<byte> privateKey) => AddressOf(Curve.G.Multiply(new Big(1, privateKey)));

    public static Signature Sign(ReadOnlySpan<byte> privateKey, Hash32 digest)
    {
        var key = new ECPrivateKeyParameters(new Big(1, privateKey), Domain);
        var signer = new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest()));
        signer.Init(forSigning: true, key);
        var parts = signer.GenerateSignature(digest.ToBytes());
        var s = parts[1].CompareTo(HalfOrder) > 0 ? Curve.N.Subtract(parts[1]) : parts[1];
        var own = AddressOf(privateKey);
        foreach (var isYOdd in (bool[])[false, true])
        {
            var signature = new Signature(ToInteger(parts[0]), ToInteger(s), isYOdd);
            if (Recover(digest, signature) == own)
                return signature;
        }

        throw new System.Diagnostics.UnreachableException("Neither parity recovers the signer.");
    }

    /// <summary>Who signed; null where the numbers are no signature of anybody.</summary>
    public static Address? Recover(Hash32 digest, Signature signature)
    {
        var (r, s) = (FromInteger(signature.R), FromInteger(signature.S));
        if (r.SignValue <= 0 || s.SignValue <= 0 || r.CompareTo(Curve.N) >= 0 || s.CompareTo(HalfOrder) > 0)
            return null;

        Point point;
        try
        {
            var encoded = (byte[])[(byte)(signature.IsYOdd ? 3 : 2), .. r.ToByteArrayUnsigned()];
            point = Curve.Curve.DecodePoint([encoded[0], .. new byte[32 - (encoded.Length - 1)], .. encoded[1..]]);
        }
        catch (ArgumentException)
        {
            return null; // r is no point's abscissa.
        }

        var inverse = r.ModInverse(Curve.N);
        var e = new Big(1, digest.ToBytes());
        var key = Org.BouncyCastle.Math.EC.ECAlgorithms.SumOfTwoMultiplies(
            Curve.G, e.Negate().Mod(Curve.N).Multiply(inverse).Mod(Curve.N), point, s.Multiply(inverse).Mod(Curve.N));
        return key.IsInfinity ? null : AddressOf(key);
    }

    private static Address AddressOf(Point publicKey) =>
        Address.FromBytes(Keccak.Hash(publicKey.Normalize().GetEncoded(compressed: false).AsSpan(1)).AsSpan(12));

    private static BigInteger ToInteger(Big value) => new(value.ToByteArrayUnsigned(), isUnsigned: true, isBigEndian: true);

    private static Big FromInteger(BigInteger value) => new(1, value.Sign < 0 ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true));
}

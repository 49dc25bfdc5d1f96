using System.Collections.Immutable;
using System.Numerics;

namespace Gateway.Chain.Rlp;

/// <summary>Recursive Length Prefix (Ethereum Yellow Paper, appendix B): a byte string, or a list of items.</summary>
public abstract record RlpItem
{
    private RlpItem()
    {
    }

    public static RlpItem Of(byte[] bytes) => new Text([.. bytes]);

    /// <summary>A non-negative integer: big endian without leading zeros, 0 is the empty string.</summary>
    public static RlpItem Of(BigInteger value) => value.IsZero ? new Text([]) : new Text([.. value.ToByteArray(isUnsigned: true, isBigEndian: true)]);

    public static RlpItem ListOf(params RlpItem[] items) => new Sequence([.. items]);

    /// <summary>A byte string.</summary>
    public sealed record Text(ImmutableArray<byte> Bytes) : RlpItem
    {
        /// <exception cref="RlpException">Leading zeros: not an integer's canonical form.</exception>
        public BigInteger ToInteger() => Bytes is [0, ..]
            ? throw new RlpException("An integer has no leading zeros.")
            : new BigInteger(Bytes.AsSpan(), isUnsigned: true, isBigEndian: true);
    }

    public sealed record Sequence(ImmutableArray<RlpItem> Items) : RlpItem;
}

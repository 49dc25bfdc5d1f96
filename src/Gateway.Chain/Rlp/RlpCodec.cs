using System.Collections.Immutable;
using System.Numerics;

namespace Gateway.Chain.Rlp;

/// <summary>RLP both ways. The decoder takes only what the encoder writes, so equal bytes mean equal values.</summary>
public static class RlpCodec
{
    /// <summary>Deepest nesting that is read: a bound for the stack.</summary>
    public const int MaxDepth = 32;

    private const byte ShortText = 0x80;
    private const byte ShortList = 0xc0;
    private const int ShortLimit = 55;

    public static byte[] Encode(RlpItem item) => item switch
    {
        RlpItem.Text { Bytes: [< ShortText] single } => [.. single],
        RlpItem.Text text => [.. Prefix(ShortText, text.Bytes.Length), .. text.Bytes],
        RlpItem.Sequence list => List([.. list.Items.SelectMany(Encode)]),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <exception cref="RlpException">Not canonical, nested too deep, or followed by more bytes.</exception>
    public static RlpItem Decode(ReadOnlySpan<byte> data)
    {
        var rest = data;
        var item = Read(ref rest, depth: 0);
        return rest.IsEmpty ? item : throw new RlpException($"{rest.Length} bytes follow the item.");
    }

    private static byte[] List(byte[] payload) => [.. Prefix(ShortList, payload.Length), .. payload];

    private static byte[] Prefix(byte kind, int length)
    {
        if (length <= ShortLimit)
            return [(byte)(kind + length)];
        var size = new BigInteger(length).ToByteArray(isUnsigned: true, isBigEndian: true);
        return [(byte)(kind + ShortLimit + size.Length), .. size];
    }

    private static RlpItem Read(ref ReadOnlySpan<byte> rest, int depth)
    {
        if (depth > MaxDepth)
            throw new RlpException($"Lists are nested deeper than {MaxDepth}.");
        if (rest.IsEmpty)
            throw new RlpException("The data ends too early.");

        var first = rest[0];
        if (first < ShortText)
        {
            rest = rest[1..];
            return new RlpItem.Text([first]);
        }

        var isList = first >= ShortList;
        var payload = Payload(ref rest, first - (isList ? ShortList : ShortText));
        if (!isList)
            return payload is [< ShortText] ? throw new RlpException("A single low byte has no prefix.") : new RlpItem.Text([.. payload]);

        var items = ImmutableArray.CreateBuilder<RlpItem>();
        while (!payload.IsEmpty)
            items.Add(Read(ref payload, depth + 1));
        return new RlpItem.Sequence(items.ToImmutable());
    }

    private static ReadOnlySpan<byte> Payload(ref ReadOnlySpan<byte> rest, int code)
    {
        var (start, length) = code <= ShortLimit ? (1, code) : LongLength(rest, code - ShortLimit);
        if (length > rest.Length - start)
            throw new RlpException($"{length} bytes are announced, {rest.Length - start} are there.");
        var payload = rest.Slice(start, length);
        rest = rest[(start + length)..];
        return payload;
    }

    private static (int Start, int Length) LongLength(ReadOnlySpan<byte> rest, int size)
    {
        if (rest.Length < 1 + size)
            throw new RlpException("The data ends within a length.");
        var bytes = rest.Slice(1, size);
        var length = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        if (bytes[0] == 0 || length <= ShortLimit || length > int.MaxValue - 16)
            throw new RlpException("A length is not in its shortest form.");
        return (1 + size, (int)length);
    }
}

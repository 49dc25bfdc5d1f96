using System.Numerics;
using System.Text;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Abi;

/// <summary>ABI bytes to values, strictly: padding, ranges and offsets are checked, and what a few bytes may claim to hold is bounded.</summary>
public static class AbiDecoder
{
    /// <summary>Values that one decoding may produce: offsets may point at the same bytes again and again, so that 1 kB could claim millions.</summary>
    public const int MaxValues = 200_000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The reverse of <see cref="AbiEncoder.Encode"/>. Integers come as <see cref="BigInteger"/>, tuples and arrays as <c>object[]</c>.</summary>
    /// <exception cref="AbiException">Anything that no encoder writes.</exception>
    public static object[] Decode(IReadOnlyList<AbiType> types, ReadOnlySpan<byte> data)
    {
        // Copied bytes count as well as values: aliased offsets could otherwise copy one blob thousands of times.
        var budget = MaxValues + (data.Length / 4);
        return ReadSequence(types, data, ref budget);
    }

    private static object[] ReadSequence(IReadOnlyList<AbiType> types, ReadOnlySpan<byte> frame, ref int budget)
    {
        var values = new object[types.Count];
        var head = 0;
        for (var i = 0; i < types.Count; i++)
        {
            if (types[i].IsDynamic)
            {
                var offset = Length(Word(frame, head), frame.Length);
                values[i] = ReadValue(types[i], frame[offset..], ref budget);
            }
            else
            {
                values[i] = ReadValue(types[i], From(frame, head), ref budget);
            }

            head += types[i].HeadSize;
        }

        return values;
    }

    private static object ReadValue(AbiType type, ReadOnlySpan<byte> at, ref int budget)
    {
        Spend(ref budget, 1);
        return type.Kind switch
        {
            AbiKind.UnsignedInteger or AbiKind.SignedInteger => Integer(type, Word(at, 0)),
            AbiKind.Boolean => Boolean(Word(at, 0)),
            AbiKind.Account => Account(Word(at, 0)),
            AbiKind.FixedBytes => FixedBytes(type, Word(at, 0)),
            AbiKind.Bytes => Blob(at, ref budget).ToArray(),
            AbiKind.Text => Text(Blob(at, ref budget)),
            AbiKind.Tuple => ReadSequence(type.Parts, at, ref budget),
            AbiKind.Array => Array(type, at, ref budget),
            AbiKind.Unspecified => throw new AbiException("An unspecified type has no encoding."),
        };
    }

    private static object[] Array(AbiType type, ReadOnlySpan<byte> at, ref int budget)
    {
        var body = type.Length is null ? From(at, AbiWords.Size) : at;
        var count = type.Length ?? Length(Word(at, 0), MaxValues);
        var element = type.Parts[0];
        // Each item needs its head; an element without one (an empty tuple) would let a length alone cost memory.
        if ((long)count * Math.Max(element.HeadSize, 1) > body.Length)
            throw new AbiException($"{count} items do not fit into {body.Length} bytes.");
        Spend(ref budget, count);
        return ReadSequence([.. Enumerable.Repeat(element, count)], body, ref budget);
    }

    private static BigInteger Integer(AbiType type, ReadOnlySpan<byte> word)
    {
        var value = type.Kind == AbiKind.UnsignedInteger ? AbiWords.ReadUnsigned(word) : AbiWords.ReadSigned(word);
        return AbiWords.Fits(value, type.Kind, type.Size) ? value : throw new AbiException($"{value} does not fit {type}.");
    }

    private static bool Boolean(ReadOnlySpan<byte> word)
    {
        var value = AbiWords.ReadUnsigned(word);
        return value <= BigInteger.One ? value.IsOne : throw new AbiException($"{value} is not a bool.");
    }

    private static Address Account(ReadOnlySpan<byte> word) => word[..12].ContainsAnyExcept((byte)0)
        ? throw new AbiException("An address has more than 20 bytes.")
        : Address.FromBytes(word[12..]);

    private static byte[] FixedBytes(AbiType type, ReadOnlySpan<byte> word) => word[type.Size..].ContainsAnyExcept((byte)0)
        ? throw new AbiException($"{type} has bytes behind its end.")
        : word[..type.Size].ToArray();

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new AbiException("A string is not UTF-8.");
        }
    }

    private static ReadOnlySpan<byte> Blob(ReadOnlySpan<byte> at, ref int budget)
    {
        var length = Length(Word(at, 0), at.Length);
        Spend(ref budget, length / 16);
        var padded = (length + AbiWords.Size - 1) / AbiWords.Size * AbiWords.Size;
        var body = From(at, AbiWords.Size);
        if (padded > body.Length)
            throw new AbiException($"{length} bytes are announced, {body.Length} are there.");
        return body[length..padded].ContainsAnyExcept((byte)0) ? throw new AbiException("Padding is not zero.") : body[..length];
    }

    private static void Spend(ref int budget, int values)
    {
        if (values > budget)
            throw new AbiException("The data claims to hold more than it can.");
        budget -= values;
    }

    private static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> frame, int offset)
    {
        var rest = From(frame, offset);
        return rest.Length >= AbiWords.Size ? rest[..AbiWords.Size] : throw new AbiException("The data ends too early.");
    }

    private static ReadOnlySpan<byte> From(ReadOnlySpan<byte> frame, int offset) =>
        offset <= frame.Length ? frame[offset..] : throw new AbiException("The data ends too early.");

    private static int Length(ReadOnlySpan<byte> word, int limit)
    {
        var value = AbiWords.ReadUnsigned(word);
        return value <= limit ? (int)value : throw new AbiException($"A length or offset of {value} is beyond {limit}.");
    }
}

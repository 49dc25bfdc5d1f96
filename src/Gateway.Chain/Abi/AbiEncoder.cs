using System.Numerics;
using System.Text;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Abi;

/// <summary>Values to ABI bytes.</summary>
/// <remarks>Values are <see cref="BigInteger"/> or any built-in integer, <see cref="bool"/>, <see cref="Address"/>, <c>byte[]</c>, <see cref="string"/>,
/// and <c>object[]</c> for tuples and arrays.</remarks>
public static class AbiEncoder
{
    /// <summary>abi.encode(values…).</summary>
    /// <exception cref="AbiException">A value does not fit its type, or their numbers differ.</exception>
    public static byte[] Encode(IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        using var output = new MemoryStream();
        WriteSequence(output, types, values);
        return output.ToArray();
    }

    private static void WriteSequence(MemoryStream output, IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        if (types.Count != values.Count)
            throw new AbiException($"{types.Count} values are wanted, {values.Count} given.");

        using var tails = new MemoryStream();
        var offset = types.Sum(t => t.HeadSize);
        for (var i = 0; i < types.Count; i++)
        {
            if (types[i].IsDynamic)
            {
                WriteWord(output, offset + tails.Length);
                WriteValue(tails, types[i], values[i]);
            }
            else
            {
                WriteValue(output, types[i], values[i]);
            }
        }

        tails.WriteTo(output);
    }

    private static void WriteValue(MemoryStream output, AbiType type, object value)
    {
        switch (type.Kind)
        {
            case AbiKind.UnsignedInteger or AbiKind.SignedInteger:
                WriteWord(output, Integer(type, value));
                break;
            case AbiKind.Boolean:
                WriteWord(output, Expect<bool>(type, value) ? 1 : 0);
                break;
            case AbiKind.Account:
                WritePadded(output, Expect<Address>(type, value).ToBytes(), left: true);
                break;
            case AbiKind.FixedBytes:
                WritePadded(output, FixedBytes(type, value), left: false);
                break;
            case AbiKind.Bytes:
                WriteBlob(output, Expect<byte[]>(type, value));
                break;
            case AbiKind.Text:
                WriteBlob(output, Encoding.UTF8.GetBytes(Expect<string>(type, value)));
                break;
            case AbiKind.Tuple:
                WriteSequence(output, type.Parts, Expect<object[]>(type, value));
                break;
            case AbiKind.Array:
                WriteArray(output, type, Expect<object[]>(type, value));
                break;
            case AbiKind.Unspecified:
                throw new AbiException("An unspecified type has no encoding.");
        }
    }

    private static byte[] FixedBytes(AbiType type, object value)
    {
        var bytes = value is Hash32 hash ? hash.ToBytes() : Expect<byte[]>(type, value);
        return bytes.Length == type.Size ? bytes : throw new AbiException($"{type} wants {type.Size} bytes, not {bytes.Length}.");
    }

    private static void WriteArray(MemoryStream output, AbiType type, object[] items)
    {
        if (type.Length is { } length && length != items.Length)
            throw new AbiException($"{type} wants {length} items, not {items.Length}.");
        if (type.Length is null)
            WriteWord(output, items.Length);
        WriteSequence(output, [.. Enumerable.Repeat(type.Parts[0], items.Length)], items);
    }

    private static BigInteger Integer(AbiType type, object value)
    {
        BigInteger integer = value switch
        {
            BigInteger big => big,
            Int128 wide => wide,
            int narrow => narrow,
            uint narrow => narrow,
            long middle => middle,
            ulong middle => middle,
            byte tiny => tiny,
            _ => throw Mismatch(type, value),
        };
        return AbiWords.Fits(integer, type.Kind, type.Size) ? integer : throw new AbiException($"{integer} does not fit {type}.");
    }

    private static void WriteBlob(MemoryStream output, byte[] bytes)
    {
        WriteWord(output, bytes.Length);
        WritePadded(output, bytes, left: false);
    }

    private static void WritePadded(MemoryStream output, byte[] bytes, bool left)
    {
        Span<byte> padding = stackalloc byte[(AbiWords.Size - (bytes.Length % AbiWords.Size)) % AbiWords.Size];
        padding.Clear();
        if (left)
            output.Write(padding);
        output.Write(bytes);
        if (!left)
            output.Write(padding);
    }

    private static void WriteWord(MemoryStream output, BigInteger value)
    {
        Span<byte> word = stackalloc byte[AbiWords.Size];
        AbiWords.Write(value, word);
        output.Write(word);
    }

    private static T Expect<T>(AbiType type, object value) => value is T typed ? typed : throw Mismatch(type, value);

    private static AbiException Mismatch(AbiType type, object? value) => new($"{type} cannot hold a {value?.GetType().Name ?? "null"}.");
}

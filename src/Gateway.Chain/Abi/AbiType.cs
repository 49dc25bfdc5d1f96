using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Chain.Abi;

public enum AbiKind
{
    Unspecified = 0,
    UnsignedInteger = 1,
    SignedInteger = 2,
    Boolean = 3,
    Account = 4,
    FixedBytes = 5,
    Bytes = 6,
    Text = 7,
    Tuple = 8,
    Array = 9,
}

/// <summary>A type of the contract ABI (Solidity, "Contract ABI Specification").</summary>
/// <param name="Size">Bits of an integer, bytes of a bytesN.</param>
/// <param name="Length">Of a fixed array; null for a dynamic one.</param>
/// <param name="Parts">A tuple's components, an array's one element type.</param>
public sealed record AbiType(AbiKind Kind, int Size, int? Length, ImmutableArray<AbiType> Parts)
{
    /// <summary>Deepest nesting that is parsed: a bound against hostile type strings.</summary>
    public const int MaxDepth = 16;

    /// <summary>Its encoding has no fixed length, so a head holds an offset to it.</summary>
    public bool IsDynamic => Kind switch
    {
        AbiKind.Bytes or AbiKind.Text => true,
        AbiKind.Array => Length is null || Parts[0].IsDynamic,
        AbiKind.Tuple => Parts.Any(p => p.IsDynamic),
        _ => false,
    };

    /// <summary>Bytes it takes in a head.</summary>
    public int HeadSize => IsDynamic ? AbiWords.Size : Kind switch
    {
        AbiKind.Array => checked((Length ?? 0) * Parts[0].HeadSize),
        AbiKind.Tuple => Parts.Sum(p => p.HeadSize),
        _ => AbiWords.Size,
    };

    /// <summary>As it stands in a signature: "(uint32,address,bytes)[]".</summary>
    public string Canonical => Kind switch
    {
        AbiKind.UnsignedInteger => "uint" + Size.ToString(CultureInfo.InvariantCulture),
        AbiKind.SignedInteger => "int" + Size.ToString(CultureInfo.InvariantCulture),
        AbiKind.Boolean => "bool",
        AbiKind.Account => "address",
        AbiKind.FixedBytes => "bytes" + Size.ToString(CultureInfo.InvariantCulture),
        AbiKind.Bytes => "bytes",
        AbiKind.Text => "string",
        AbiKind.Tuple => $"({string.Join(',', Parts.Select(p => p.Canonical))})",
        AbiKind.Array => $"{Parts[0].Canonical}[{Length?.ToString(CultureInfo.InvariantCulture)}]",
        AbiKind.Unspecified => "",
    };

    /// <summary>Parses a canonical type. "uint" and "int" mean 256 bits.</summary>
    /// <exception cref="AbiException">Not an ABI type that contracts can have.</exception>
    public static AbiType Parse(string text) => AbiTypeParser.Parse(text);

    public static AbiType Tuple(IEnumerable<AbiType> parts) => new(AbiKind.Tuple, 0, Length: null, [.. parts]);

    public static AbiType ArrayOf(AbiType element, int? length) => new(AbiKind.Array, 0, length, [element]);

    public override string ToString() => Canonical;
}

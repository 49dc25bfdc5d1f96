using System.Diagnostics.CodeAnalysis;

namespace Gateway.Domain.Identity;

/// <summary>A 32-byte hash: of a block, a transaction, an event topic. Lower-case hex with "0x".</summary>
public sealed class Hash32 : IEquatable<Hash32>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly string _hex;

    private Hash32(string lowerHex) => _hex = lowerHex;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static Hash32 FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new Hash32(Convert.ToHexStringLower(bytes))
        : throw new ArgumentException($"A hash has {Size} bytes, not {bytes.Length}.", nameof(bytes));

    /// <exception cref="FormatException">Not "0x" and 64 hex digits.</exception>
    public static Hash32 Parse(string text) =>
        TryParse(text, out var hash) ? hash : throw new FormatException($"'{text}' is not a 32-byte hash: 0x and 64 hex digits are wanted.");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Hash32? hash)
    {
        hash = HexText.IsHex(text, Size) ? new Hash32(text[2..].ToLowerInvariant()) : null;
        return hash is not null;
    }

    public byte[] ToBytes() => Convert.FromHexString(_hex);

    public bool Equals(Hash32? other) => other is not null && string.Equals(_hex, other._hex, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as Hash32);

    public override int GetHashCode() => _hex.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => "0x" + _hex;

    public static bool operator ==(Hash32? left, Hash32? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(Hash32? left, Hash32? right) => !(left == right);
}

using System.Diagnostics.CodeAnalysis;

namespace Gateway.Domain.Identity;

/// <summary>A 20-byte account address. Canonical text is lower-case hex with "0x"; EIP-55 casing is Gateway.Chain's <c>Eip55</c>.</summary>
/// <remarks>A class, not a struct: a default value would be the zero address, which is a lie nobody notices.</remarks>
public sealed class Address : IEquatable<Address>, IComparable<Address>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 20;

    /// <summary>0x0000…0000: "nobody" in Solidity, never a payee and never a payer.</summary>
    public static readonly Address Zero = new(new string('0', Size * 2));

    private readonly string _hex;

    private Address(string lowerHex) => _hex = lowerHex;

    /// <summary>True for 0x0000…0000.</summary>
    public bool IsZero => Equals(Zero);

    /// <summary>Takes exactly 20 bytes.</summary>
    /// <exception cref="ArgumentException">Not 20 bytes.</exception>
    public static Address FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new Address(Convert.ToHexStringLower(bytes))
        : throw new ArgumentException($"An address has {Size} bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>Parses "0x" and 40 hex digits of any case. A checksum is not verified here.</summary>
    /// <exception cref="FormatException">Any other text.</exception>
    public static Address Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an address: 0x and 40 hex digits are wanted.");

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Address? address)
    {
        address = HexText.IsHex(text, Size) ? new Address(text[2..].ToLowerInvariant()) : null;
        return address is not null;
    }

    public byte[] ToBytes() => Convert.FromHexString(_hex);

    /// <inheritdoc />
    public bool Equals(Address? other) => other is not null && string.Equals(_hex, other._hex, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as Address);

    public override int GetHashCode() => _hex.GetHashCode(StringComparison.Ordinal);

    public int CompareTo(Address? other) => string.CompareOrdinal(_hex, other?._hex);

    public override string ToString() => "0x" + _hex;

    public static bool operator ==(Address? left, Address? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(Address? left, Address? right) => !(left == right);

    public static bool operator <(Address left, Address right) => left.CompareTo(right) < 0;

    public static bool operator <=(Address left, Address right) => left.CompareTo(right) <= 0;

    public static bool operator >(Address left, Address right) => left.CompareTo(right) > 0;

    public static bool operator >=(Address left, Address right) => left.CompareTo(right) >= 0;
}

using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Server.Storage;

/// <summary>How far a reader has come in each shard's log. Opaque to clients: base64url, at most some 700 characters.</summary>
/// <remarks>
/// A position per shard, since shards may lie on servers whose clocks differ: no single number is in order over all of them. Written as the largest
/// position and the distances to it, as variable-length integers; a shard of which nothing was read is 0.
/// </remarks>
internal sealed class DirectiveCursor
{
    /// <summary>Before everything.</summary>
    public static readonly DirectiveCursor Start = new([.. new long[RedisKeys.Shards]]);

    private const byte Version = 1;

    private readonly ImmutableArray<long> _positions;

    public DirectiveCursor(ImmutableArray<long> positions)
    {
        _positions = positions.Length == RedisKeys.Shards
            ? positions
            : throw new ArgumentException($"A cursor has {RedisKeys.Shards} positions.", nameof(positions));
    }

    public long this[int shard] => _positions[shard];

    /// <summary>The same, with <paramref name="id"/> read too.</summary>
    public DirectiveCursor After(DirectiveId id) => id.Seq > _positions[id.Shard] ? new DirectiveCursor(_positions.SetItem(id.Shard, id.Seq)) : this;

    /// <summary>The same, where a shard's log does not reach so far any more.</summary>
    public DirectiveCursor NotBeyond(int shard, long position) => position < _positions[shard] ? new DirectiveCursor(_positions.SetItem(shard, position)) : this;

    /// <summary>Reads back what <see cref="ToString"/> wrote; any other text is refused. Empty text is no cursor.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out DirectiveCursor? cursor)
    {
        cursor = null;
        if (text is not { Length: > 0 and <= 1024 } || !Base64Url.IsValid(text))
            return false;
        ReadOnlySpan<byte> rest = Base64Url.DecodeFromChars(text);
        if (rest.IsEmpty || rest[0] != Version)
            return false;
        rest = rest[1..];
        if (!TryTake(ref rest, out var largest))
            return false;
        var positions = ImmutableArray.CreateBuilder<long>(RedisKeys.Shards);
        for (var i = 0; i < RedisKeys.Shards; i++)
        {
            if (!TryTake(ref rest, out var distance) || distance > largest)
                return false;
            positions.Add(distance == 0 ? 0 : largest - distance + 1);
        }

        if (!rest.IsEmpty)
            return false;
        cursor = new DirectiveCursor(positions.MoveToImmutable());
        return true;
    }

    public override string ToString()
    {
        List<byte> bytes = [Version];
        var largest = _positions.Max();
        Put(bytes, largest);
        foreach (var position in _positions)
            Put(bytes, position == 0 ? 0 : largest - position + 1);
        return Base64Url.EncodeToString(bytes.ToArray());
    }

    private static void Put(List<byte> bytes, long value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)((value & 0x7f) | 0x80));
        bytes.Add((byte)value);
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out long value)
    {
        value = 0;
        // Seven bits a byte; nine of them are the 63 bits of a position.
        for (var i = 0; i < 9 && i < rest.Length; i++)
        {
            value |= (long)(rest[i] & 0x7f) << (7 * i);
            if (rest[i] >= 0x80)
                continue;
            rest = rest[(i + 1)..];
            return true;
        }

        return false;
    }
}

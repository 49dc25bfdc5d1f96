using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Settlement;

/// <summary>One lease's part of a flow, as the journal on chain has it.</summary>
public sealed record LeaseLeg(LeaseId Lease, FlowRate Rate);

/// <summary>What was read back: the legs, or only their number and digest where they did not fit.</summary>
/// <param name="Digest">SHA-256 of the legs as they would have been written; null where the legs themselves are there.</param>
public sealed record FlowJournal(ImmutableArray<LeaseLeg> Legs, uint Count, Hash32? Digest)
{
    /// <summary>What our own trim added to the legs: it is nobody's price, and the payer's as little.</summary>
    public FlowRate Added { get; init; }
}

/// <summary>The userData of a flow operation: which leases make up the rate, so that a lost store can be rebuilt from logs.</summary>
/// <remarks>
/// <code>
/// added   01 54  length:1 rate:big-endian, then as a list from its count on      what a trim adds to the legs
/// list    01 4c  count:1  ( length:1 id:ASCII  length:1 rate:big-endian )*     legs in the order of their ids
/// digest  01 44  count:4  sha256:32                                            of the list that was too long
/// </code>
/// Rates are absolute, so a lost record costs nothing once a later one is read. Payers can write here too: whoever reads must trust only operations
/// whose flow operator is ours.
/// </remarks>
public static class UserDataRecord
{
    /// <summary>Longest record in bytes: 7,182 gas more than none (superfluid.md §2.5).</summary>
    public const int MaxLength = 256;

    private const byte Version = 1;
    private const byte ListKind = (byte)'L';
    private const byte DigestKind = (byte)'D';
    private const byte AddedKind = (byte)'T';
    private const int DigestLength = 2 + sizeof(uint) + Hash32.Size;

    /// <summary>The record of these legs, in whatever order they come; one lease is named once.</summary>
    /// <param name="added">What a trim adds to them.</param>
    public static byte[] Encode(IEnumerable<LeaseLeg> legs, FlowRate added = default)
    {
        var inOrder = legs.OrderBy(l => l.Lease).ToList();
        var list = ListOf(inOrder, added);
        return list.Count <= MaxLength ? [.. list] : Digest([.. ListOf(inOrder, FlowRate.Zero)], (uint)inOrder.Count);
    }

    /// <summary>True where the legs themselves are written, with what is added to them; else only their digest.</summary>
    public static bool Fits(IEnumerable<LeaseLeg> legs, FlowRate added) => ListOf([.. legs], added).Count <= MaxLength;

    private static List<byte> ListOf(List<LeaseLeg> inOrder, FlowRate added)
    {
        var list = new List<byte> { Version, added.IsZero ? ListKind : AddedKind };
        if (!added.IsZero)
            Add(list, BigEndian(added));
        list.Add((byte)Math.Min(inOrder.Count, byte.MaxValue));
        foreach (var leg in inOrder)
        {
            Add(list, Encoding.ASCII.GetBytes(leg.Lease.Value));
            Add(list, BigEndian(leg.Rate));
        }

        return list;
    }

    private static void Add(List<byte> list, byte[] field)
    {
        list.Add((byte)field.Length);
        list.AddRange(field);
    }

    /// <summary>Reads a record back. False for every byte sequence that <see cref="Encode"/> does not produce; it never throws.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out FlowJournal journal)
    {
        journal = new FlowJournal([], 0, Digest: null);
        if (bytes.Length is < 3 or > MaxLength || bytes[0] != Version)
            return false;
        return bytes[1] switch
        {
            ListKind => TryDecodeList(bytes[2..], ref journal),
            AddedKind => TryDecodeAdded(bytes[2..], ref journal),
            DigestKind => TryDecodeDigest(bytes, ref journal),
            _ => false,
        };
    }

    private static byte[] Digest(byte[] list, uint count)
    {
        var record = new byte[DigestLength];
        record[0] = Version;
        record[1] = DigestKind;
        BinaryPrimitives.WriteUInt32BigEndian(record.AsSpan(2), count);
        SHA256.HashData(list, record.AsSpan(2 + sizeof(uint)));
        return record;
    }

    private static bool TryDecodeDigest(ReadOnlySpan<byte> bytes, ref FlowJournal journal)
    {
        if (bytes.Length != DigestLength)
            return false;
        journal = new FlowJournal([], BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]), Hash32.FromBytes(bytes[(2 + sizeof(uint))..]));
        return true;
    }

    private static bool TryDecodeAdded(ReadOnlySpan<byte> bytes, ref FlowJournal journal)
    {
        if (!TryTake(ref bytes, out var number) || !TryRate(number, out var added) || added.IsZero || !TryDecodeList(bytes, ref journal))
            return false;
        journal = journal with { Added = added };
        return true;
    }

    private static bool TryDecodeList(ReadOnlySpan<byte> bytes, ref FlowJournal journal)
    {
        if (bytes.IsEmpty)
            return false;
        var legs = ImmutableArray.CreateBuilder<LeaseLeg>(bytes[0]);
        var rest = bytes[1..];
        for (var i = 0; i < bytes[0]; i++)
        {
            if (!TryTake(ref rest, out var id) || !LeaseId.TryParse(Encoding.Latin1.GetString(id), out var lease))
                return false;
            if (!TryTake(ref rest, out var number) || !TryRate(number, out var rate))
                return false;
            if (legs.Count > 0 && legs[^1].Lease.CompareTo(lease) >= 0)
                return false;
            legs.Add(new LeaseLeg(lease, rate));
        }

        if (!rest.IsEmpty)
            return false;
        journal = new FlowJournal(legs.ToImmutable(), bytes[0], Digest: null);
        return true;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (rest.IsEmpty || rest.Length - 1 < rest[0])
            return false;
        field = rest.Slice(1, rest[0]);
        rest = rest[(1 + field.Length)..];
        return true;
    }

    // Shortest form only: no leading zero byte, and nothing at all for 0.
    private static bool TryRate(ReadOnlySpan<byte> bytes, out FlowRate rate)
    {
        rate = FlowRate.Zero;
        if (bytes.Length > 12 || (bytes.Length > 0 && bytes[0] == 0))
            return false;
        Int128 value = 0;
        foreach (var b in bytes)
            value = (value << 8) | b;
        if (value > FlowRate.Max.WeiPerSecond)
            return false;
        rate = FlowRate.FromWeiPerSecond(value);
        return true;
    }

    private static byte[] BigEndian(FlowRate rate)
    {
        Span<byte> all = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(all, rate.WeiPerSecond);
        return all.TrimStart((byte)0).ToArray();
    }
}

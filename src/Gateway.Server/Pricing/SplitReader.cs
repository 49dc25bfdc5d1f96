using System.Text.Json;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Gateway.Server.Leases.Validation;

namespace Gateway.Server.Pricing;

/// <summary>How a price is shared by default, from a price list.</summary>
internal static class SplitReader
{
    private const string Split = "split";

    /// <returns>Null where there is none, or where it has problems.</returns>
    public static DefaultSplit? Read(JsonFields holder)
    {
        var isList = holder.Find(Split) is { ValueKind: JsonValueKind.Array };
        var read = holder.List(Split).Select(ReadPart).ToList();
        if (!isList)
            return null;
        if (read.Count is 0 or > RequestLimits.Payees)
            holder.Add(Split, $"has {read.Count} parts, of 1 to {RequestLimits.Payees}.");
        var parts = read.OfType<SplitPart>().ToList();
        if (parts.Count < read.Count || read.Count == 0)
            return null;
        var sum = parts.Sum(p => (long)p.Share.Value);
        if (sum != SharePpm.Whole)
            holder.Add(Split, $"the shares add up to {sum} ppm, not to {SharePpm.Whole}.");
        if (parts.Count(p => p.Address is null) > 1)
            holder.Add(Split, "leaves more than one part without an address: there is one node.");
        if (parts.Where(p => p.Address is not null).GroupBy(p => p.Address).Any(g => g.Skip(1).Any()))
            holder.Add(Split, "names a payee twice.");
        return new DefaultSplit([.. parts]);
    }

    private static SplitPart? ReadPart(JsonFields part)
    {
        var role = part.Text("role", required: true);
        if (role is not null && (role.Length > RequestLimits.Role || !PrintableText.Holds(role)))
            part.Add("role", $"must be printable text of at most {RequestLimits.Role} characters.");
        var share = part.Whole("share_ppm");
        if (share is 0 or > SharePpm.Whole)
            part.Add("share_ppm", $"{share} is outside 1 to {SharePpm.Whole}.");
        var text = part.Text("address", required: false);
        var (address, isWrong) = AddressOf(part, text);
        part.NothingElse();
        return role is null || isWrong || share is null or 0 or > SharePpm.Whole ? null : new SplitPart(address, SharePpm.FromPpm(share.Value), role);
    }

    /// <summary>Without an address it is the node's.</summary>
    private static (Address? Address, bool IsWrong) AddressOf(JsonFields part, string? text)
    {
        if (text is null)
            return (null, part.Has("address"));
        if (Eip55.TryParse(text, out var address) && !address.IsZero)
            return (address, false);
        part.Add("address", "is no address: 0x and 40 hex digits, mixed case only as an EIP-55 checksum, and not zero.");
        return (null, true);
    }
}

using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Rpc;

/// <summary>Hex in, types out, once (EIP-1474). Whatever is not of its form is a failed read, never a zero.</summary>
internal sealed class JsonQuantities(RpcOrigin origin)
{
    public static string Hex(BigInteger value) =>
        value.IsZero ? "0x0" : "0x" + value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');

    public static string Hex(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes);

    public ulong Small(JsonElement value) => (ulong)Quantity(value, bits: 64);

    public Wei Wei(JsonElement value) => Domain.Money.Wei.From(Quantity(value, bits: 256));

    public byte[] Bytes(JsonElement value)
    {
        var text = Text(value);
        return HexBytes.TryParse(text, out var bytes) ? bytes : throw Malformed($"'{Short(text)}' where bytes belong");
    }

    public Hash32 Hash(JsonElement value) => Hash32.TryParse(Text(value), out var hash) ? hash : throw Malformed("a hash is not 32 bytes");

    public Address Account(JsonElement value) => Address.TryParse(Text(value), out var account) ? account : throw Malformed("an address is not 20 bytes");

    public BlockHeader Header(JsonElement block) => new(
        new BlockRef(new BlockNumber(Small(Member(block, "number"))), Hash(Member(block, "hash")), new BlockTime(Small(Member(block, "timestamp")))),
        Hash(Member(block, "parentHash")),
        block.TryGetProperty("baseFeePerGas", out var baseFee) ? Wei(baseFee) : Domain.Money.Wei.Zero,
        Small(Member(block, "gasLimit")));

    public ChainLog Log(JsonElement log) => new(
        Account(Member(log, "address")),
        [.. Items(Member(log, "topics")).Select(Hash)],
        [.. Bytes(Member(log, "data"))],
        new BlockNumber(Small(Member(log, "blockNumber"))),
        Hash(Member(log, "blockHash")),
        Hash(Member(log, "transactionHash")),
        checked((uint)Small(Member(log, "logIndex"))));

    public ImmutableArray<JsonElement> Items(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray()]
        : throw Malformed($"a {value.ValueKind} where a list belongs");

    public JsonElement Member(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member)
        ? member
        : throw Malformed($"'{name}' is missing");

    public string Text(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString() ?? ""
        : throw Malformed($"a {value.ValueKind} where hex text belongs");

    public RpcFailedException Malformed(string what) => new(origin, RpcFailure.Malformed, what);

    private BigInteger Quantity(JsonElement value, int bits)
    {
        var text = Text(value);
        if (!text.StartsWith("0x", StringComparison.Ordinal) || text.Length is < 3 or > 66
            || !BigInteger.TryParse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            throw Malformed($"'{Short(text)}' where a quantity belongs");
        return number < BigInteger.One << bits ? number : throw Malformed($"a quantity of more than {bits} bits");
    }

    private static string Short(string text) => text.Length > 40 ? text[..40] + "…" : text;
}

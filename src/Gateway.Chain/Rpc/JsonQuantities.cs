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

    /// <remarks>No chain has 2^53 blocks: a node that says so is broken, and its head must not become everybody's.</remarks>
    public BlockNumber Height(JsonElement value) => new((ulong)Quantity(value, bits: 53));

    public Wei Wei(JsonElement value) => Domain.Money.Wei.From(Quantity(value, bits: 256));

    public byte[] Bytes(JsonElement value)
    {
        var text = Text(value);
        return HexBytes.TryParse(text, out var bytes) ? bytes : throw Malformed($"'{Short(text)}' where bytes belong");
    }

    public Hash32 Hash(JsonElement value) => Hash32.TryParse(Text(value), out var hash) ? hash : throw Malformed("a hash is not 32 bytes");

    public Address Account(JsonElement value) => Address.TryParse(Text(value), out var account) ? account : throw Malformed("an address is not 20 bytes");

    public BlockHeader Header(JsonElement block) => new(
        new BlockRef(Height(Member(block, "number")), Hash(Member(block, "hash")), new BlockTime(Small(Member(block, "timestamp")))),
        Hash(Member(block, "parentHash")),
        Find(block, "baseFeePerGas") is { } baseFee ? Wei(baseFee) : Domain.Money.Wei.Zero,
        Small(Member(block, "gasLimit")));

    public ChainLog Log(JsonElement log) => new(
        Account(Member(log, "address")),
        [.. Items(Member(log, "topics")).Select(Hash)],
        [.. Bytes(Member(log, "data"))],
        Height(Member(log, "blockNumber")),
        Hash(Member(log, "blockHash")),
        Hash(Member(log, "transactionHash")),
        (uint)Quantity(Member(log, "logIndex"), bits: 32));

    public MinedTransaction Transaction(JsonElement transaction)
    {
        var fee = Wei(Find(transaction, "maxFeePerGas") ?? Member(transaction, "gasPrice"));
        return new MinedTransaction(
            Hash(Member(transaction, "hash")),
            new Nonce(Small(Member(transaction, "nonce"))),
            fee,
            Find(transaction, "maxPriorityFeePerGas") is { } tip ? Wei(tip) : fee);
    }

    public ImmutableArray<JsonElement> Items(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray()]
        : throw Malformed($"a {value.ValueKind} where a list belongs");

    public JsonElement Member(JsonElement value, string name) => Find(value, name) ?? throw Malformed($"'{name}' is missing");

    public string Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Malformed($"a {value.ValueKind} where hex text belongs");
        try
        {
            return value.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw Malformed("text that is none"); // Bytes that are not UTF-8, or half a surrogate pair: found only when it is read.
        }
    }

    public RpcFailedException Malformed(string what) => new(origin, RpcFailure.Malformed, what);

    private JsonElement? Find(JsonElement value, string name)
    {
        try
        {
            return value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : null;
        }
        catch (InvalidOperationException)
        {
            throw Malformed("a name that is no text"); // As in Text.
        }
    }

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

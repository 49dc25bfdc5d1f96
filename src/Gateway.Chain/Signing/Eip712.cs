using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Gateway.Chain.Abi;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Signing;

/// <summary>Hash of typed data as wallets sign it (EIP-712), from the JSON of eth_signTypedData_v4.</summary>
public sealed class Eip712
{
    private const string DomainType = "EIP712Domain";

    private readonly Dictionary<string, (string Name, string Type)[]> _types;

    private Eip712(Dictionary<string, (string Name, string Type)[]> types) => _types = types;

    /// <summary>keccak256(0x1901 ‖ domainSeparator ‖ hashStruct(message)).</summary>
    /// <exception cref="Eip712Exception">A missing member, an unknown type, a value that does not fit.</exception>
    public static Hash32 Hash(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var primaryType = root.GetProperty("primaryType").GetString() ?? "";
            var data = new Eip712(ReadTypes(root.GetProperty("types")));
            var domain = data.HashStruct(DomainType, root.GetProperty("domain"), depth: 0);
            var message = data.HashStruct(primaryType, root.GetProperty("message"), depth: 0);
            return Hash32.FromBytes(Keccak.Hash([0x19, 0x01, .. domain, .. message]));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or AbiException)
        {
            throw new Eip712Exception("This is not EIP-712 typed data: " + e.Message, e);
        }
    }

    private static Dictionary<string, (string Name, string Type)[]> ReadTypes(JsonElement types) => types.EnumerateObject().ToDictionary(
        type => type.Name,
        type => type.Value.EnumerateArray().Select(m => (m.GetProperty("name").GetString() ?? "", m.GetProperty("type").GetString() ?? "")).ToArray(),
        StringComparer.Ordinal);

    private byte[] HashStruct(string type, JsonElement value, int depth)
    {
        if (depth > AbiType.MaxDepth)
            throw new Eip712Exception($"The data is nested deeper than {AbiType.MaxDepth}.");
        var encoded = new List<byte>(Keccak.HashText(EncodeType(type)));
        foreach (var (name, memberType) in _types[type])
            encoded.AddRange(EncodeValue(memberType, value.GetProperty(name), depth));
        return Keccak.Hash([.. encoded]);
    }

    /// <summary>The type itself, then every struct it refers to, by name.</summary>
    private string EncodeType(string type)
    {
        var referenced = new SortedSet<string>(StringComparer.Ordinal);
        Collect(type, referenced);
        referenced.Remove(type);
        return string.Concat(referenced.Prepend(type).Select(t => $"{t}({string.Join(',', _types[t].Select(m => $"{m.Type} {m.Name}"))})"));
    }

    private void Collect(string type, SortedSet<string> into)
    {
        if (!into.Add(type))
            return;
        foreach (var (_, member) in _types[type])
        {
            var bare = Bare(member);
            if (_types.ContainsKey(bare))
                Collect(bare, into);
        }
    }

    private byte[] EncodeValue(string type, JsonElement value, int depth)
    {
        if (type.EndsWith(']'))
            return EncodeArray(type, value, depth);
        if (_types.ContainsKey(type))
            return HashStruct(type, value, depth + 1);
        return type switch
        {
            "string" => Keccak.HashText(value.GetString() ?? ""),
            "bytes" => Keccak.Hash(Hex(value)),
            _ => Atomic(AbiType.Parse(type), value),
        };
    }

    private byte[] EncodeArray(string type, JsonElement value, int depth)
    {
        var open = type.LastIndexOf('[');
        var length = type[(open + 1)..^1];
        if (length.Length > 0 && value.GetArrayLength() != int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture))
            throw new Eip712Exception($"{type} has {value.GetArrayLength()} items.");
        return Keccak.Hash([.. value.EnumerateArray().SelectMany(item => EncodeValue(type[..open], item, depth + 1))]);
    }

    private static byte[] Atomic(AbiType type, JsonElement value) => type.Kind switch
    {
        AbiKind.Boolean => AbiEncoder.Encode([type], [value.GetBoolean()]),
        AbiKind.Account => AbiEncoder.Encode([type], [Address.Parse(value.GetString() ?? "")]),
        AbiKind.FixedBytes => AbiEncoder.Encode([type], [Hex(value)]),
        AbiKind.UnsignedInteger or AbiKind.SignedInteger => AbiEncoder.Encode([type], [Integer(value)]),
        _ => throw new Eip712Exception($"{type} is no atomic type."),
    };

    private static BigInteger Integer(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : value.GetRawText();
        return text.StartsWith("0x", StringComparison.Ordinal)
            ? BigInteger.Parse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    private static byte[] Hex(JsonElement value)
    {
        var text = value.GetString() ?? "";
        return text.StartsWith("0x", StringComparison.Ordinal) ? Convert.FromHexString(text.AsSpan(2)) : throw new Eip712Exception("Bytes start with 0x.");
    }

    private static string Bare(string type)
    {
        var open = type.IndexOf('[', StringComparison.Ordinal);
        return open < 0 ? type : type[..open];
    }
}

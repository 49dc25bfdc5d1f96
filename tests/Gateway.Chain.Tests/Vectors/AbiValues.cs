using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Gateway.Chain.Abi;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Tests.Vectors;

/// <summary>A vector's JSON value as the encoder wants it, and what the decoder gave as text to compare.</summary>
internal static class AbiValues
{
    public static object FromJson(AbiType type, JsonElement value) => type.Kind switch
    {
        AbiKind.UnsignedInteger or AbiKind.SignedInteger => BigInteger.Parse(value.GetString()!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
        AbiKind.Boolean => value.GetBoolean(),
        AbiKind.Account => Address.Parse(value.GetString()!),
        AbiKind.FixedBytes or AbiKind.Bytes => VectorFile.FromHex(value.GetString()!),
        AbiKind.Text => value.GetString()!,
        AbiKind.Tuple => value.EnumerateArray().Select((v, i) => FromJson(type.Parts[i], v)).ToArray(),
        AbiKind.Array => value.EnumerateArray().Select(v => FromJson(type.Parts[0], v)).ToArray(),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static string Show(object value) => value switch
    {
        byte[] bytes => VectorFile.ToHex(bytes),
        object[] items => $"[{string.Join(',', items.Select(Show))}]",
        string text => $"'{text}'",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}

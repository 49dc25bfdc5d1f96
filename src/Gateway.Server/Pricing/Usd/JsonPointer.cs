using System.Globalization;
using System.Text.Json;
using Gateway.Domain.Pricing;
using Gateway.Server.Resilience;
using Gateway.Server.Web.Rest;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Server.Pricing.Usd;

/// <summary>A value somewhere in a JSON document (RFC 6901).</summary>
internal static class JsonPointer
{
    /// <summary>A worth in dollars, a string or a number. A number is read by its own digits, never as a floating-point one.</summary>
    /// <exception cref="SourceException">It is not there, or something else.</exception>
    public static UsdWorth ReadUsd(byte[] json, string pointer) => UsdWorth.TryParse(TextAt(json, pointer), out var worth)
        ? worth
        : throw new SourceException($"At '{pointer}' is no amount of dollars above 0, with 18 places at most.");

    /// <summary>Seconds since 1970, or RFC 3339.</summary>
    /// <exception cref="SourceException">It is not there, or something else.</exception>
    public static DateTimeOffset ReadInstant(byte[] json, string pointer)
    {
        var text = TextAt(json, pointer);
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        return ProtoJson.TryParse<Timestamp>(text ?? "", out var at) ? at.ToDateTimeOffset() : throw new SourceException($"At '{pointer}' is no instant: neither seconds since 1970 nor RFC 3339.");
    }

    /// <returns>Null where it is neither text nor a number.</returns>
    private static string? TextAt(byte[] json, string pointer)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var value = Find(document.RootElement, pointer) ?? throw new SourceException($"There is nothing at '{pointer}'.");
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),
                _ => null,
            };
        }
        catch (JsonException e)
        {
            throw new SourceException("It is no JSON.", e);
        }
    }

    private static JsonElement? Find(JsonElement root, string pointer)
    {
        JsonElement? at = root;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            // In this order: "~01" is "~1", not "/".
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at switch
            {
                { ValueKind: JsonValueKind.Object } o when o.TryGetProperty(name, out var member) => member,
                { ValueKind: JsonValueKind.Array } a when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < a.GetArrayLength() => a[i],
                _ => null,
            };
        }

        return at;
    }
}

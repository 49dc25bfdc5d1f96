using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Server.Web.Rest;

/// <summary>Values in the proto's JSON form: what REST speaks is what every protobuf library reads and writes.</summary>
internal static class ProtoJson
{
    /// <summary>RFC 3339.</summary>
    public static string Text(Timestamp timestamp) => Unquoted(timestamp);

    /// <summary>Null where it is unset, and so left out.</summary>
    public static string? TextOrNull(Timestamp? timestamp) => timestamp is null ? null : Unquoted(timestamp);

    /// <summary>"3600s", "0.250s".</summary>
    public static string Text(Duration? duration) => Unquoted(duration ?? new Duration());

    /// <summary>Null where it is unset, and so left out.</summary>
    public static string? TextOrNull(Duration? duration) => duration is null ? null : Unquoted(duration);

    /// <summary>64-bit numbers are strings, since JavaScript's numbers end at 2^53.</summary>
    public static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    /// <returns>False for another form.</returns>
    public static bool TryParse<T>(string text, out T message)
        where T : class, IMessage<T>, new()
    {
        try
        {
            message = JsonParser.Default.Parse<T>($"\"{Escaped(text)}\"");
            return true;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidOperationException)
        {
            message = new T();
            return false;
        }
    }

    private static string Escaped(string text) => System.Text.Json.JsonEncodedText.Encode(text).ToString();

    // A well-known type's JSON is a string, quotes included.
    private static string Unquoted(IMessage message) => JsonFormatter.Default.Format(message).Trim('"');
}

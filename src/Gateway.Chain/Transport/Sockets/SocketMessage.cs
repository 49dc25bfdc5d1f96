using System.Text.Json;

namespace Gateway.Chain.Transport;

/// <summary>What a message on the socket is.</summary>
internal abstract record SocketMessage
{
    private SocketMessage()
    {
    }

    /// <summary>An answer to one of our requests, or to one that nobody made.</summary>
    /// <param name="Result">Null where the node refused.</param>
    /// <param name="Error">The node's words where it refused.</param>
    public sealed record Answer(long Id, JsonElement? Result, string? Error) : SocketMessage;

    /// <summary>Something of a subscription: ours, or one that nobody made.</summary>
    public sealed record Notification(string Subscription, JsonElement Result) : SocketMessage;

    /// <summary>Anything else.</summary>
    public sealed record Noise : SocketMessage
    {
        public static readonly Noise Instance = new();
    }

    /// <summary>Never throws: a message that is not understood is noise.</summary>
    public static SocketMessage Read(byte[] message)
    {
        try
        {
            using var document = JsonDocument.Parse(message);
            return Read(document.RootElement.Clone());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Noise.Instance; // Not JSON, or text in it that is none (half a surrogate pair).
        }
    }

    private static SocketMessage Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return Noise.Instance;
        if (root.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var number))
            return AnswerOf(root, number);
        if (root.TryGetProperty("params", out var parameters) && parameters.ValueKind == JsonValueKind.Object
            && parameters.TryGetProperty("subscription", out var subscription) && subscription.ValueKind == JsonValueKind.String
            && parameters.TryGetProperty("result", out var result))
            return new Notification(subscription.GetString() ?? "", result);
        return Noise.Instance;
    }

    private static Answer AnswerOf(JsonElement root, long id)
    {
        if (root.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
        {
            var words = error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var m) && m.ValueKind == JsonValueKind.String ? m.GetString() : null;
            return new Answer(id, Result: null, words ?? "without a word");
        }

        return root.TryGetProperty("result", out var result) ? new Answer(id, result, Error: null) : new Answer(id, Result: null, "neither a result nor an error");
    }
}

using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Proxy;

/// <summary>What goes back for one call.</summary>
internal abstract record Reply
{
    private Reply()
    {
    }

    /// <summary>The JSON-RPC objects that answer the call with this id: one, where the node is sane.</summary>
    public virtual IEnumerable<JsonNode> Envelopes(JsonNode? id) => [];

    private static JsonObject Envelope(JsonNode? id, string member, JsonNode? value) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = id?.DeepClone(), [member] = value?.DeepClone() };

    public sealed record Result(JsonNode? Value) : Reply
    {
        public override IEnumerable<JsonNode> Envelopes(JsonNode? id) => [Envelope(id, "result", Value)];
    }

    public sealed record Error(long Code, string Message, JsonNode? Data = null) : Reply
    {
        public override IEnumerable<JsonNode> Envelopes(JsonNode? id)
        {
            var error = new JsonObject { ["code"] = Code, ["message"] = Message };
            if (Data is not null)
                error["data"] = Data.DeepClone();
            return [Envelope(id, "error", error)];
        }
    }

    /// <summary>The answer, addressed to a call that nobody made.</summary>
    public sealed record Misaddressed(Reply Inner) : Reply
    {
        private const long Off = 1_000_000;

        public override IEnumerable<JsonNode> Envelopes(JsonNode? id) => Inner.Envelopes(JsonValue.Create((id?.GetValue<long>() ?? 0) + Off));
    }

    /// <summary>The answer, twice.</summary>
    public sealed record Doubled(Reply Inner) : Reply
    {
        public override IEnumerable<JsonNode> Envelopes(JsonNode? id) => [.. Inner.Envelopes(id), .. Inner.Envelopes(id)];
    }

    /// <summary>The whole HTTP answer, whatever else was asked for in the same batch.</summary>
    public sealed record Whole(Func<HttpContext, Task> Write) : Reply;
}

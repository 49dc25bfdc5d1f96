using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;

namespace Gateway.Testing.Proxy;

/// <summary>One JSON-RPC call, alone or out of a batch.</summary>
/// <param name="Gone">Cancelled when nobody waits for the answer any more.</param>
internal sealed record RpcRequest(JsonNode? Id, string Method, JsonArray Parameters, CancellationToken Gone)
{
    public static RpcRequest Read(JsonNode call, CancellationToken gone) => new(call["id"], (string)call["method"]!, (JsonArray)call["params"]!, gone);

    /// <summary>The same call about something else.</summary>
    public RpcRequest With(int position, JsonNode value)
    {
        var parameters = (JsonArray)Parameters.DeepClone();
        while (parameters.Count <= position)
            parameters.Add(null);
        parameters[position] = value;
        return this with { Parameters = parameters };
    }

    /// <summary>The same caller asks for this instead.</summary>
    public RpcRequest Asking(string method, params JsonNode[] parameters) => this with { Method = method, Parameters = new JsonArray(parameters) };

    /// <summary>A parameter that is a text; null where there is none.</summary>
    public string? Text(int position) =>
        position < Parameters.Count && Parameters[position] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static string Hex(BigInteger value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0').PadLeft(1, '0');

    public static ulong Number(string hex) => ulong.Parse(hex.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

/// <summary>Answers a call.</summary>
internal delegate Task<Reply> RpcHandler(RpcRequest request);

/// <summary>Stands between a call and its answer.</summary>
internal delegate Task<Reply> NodeFault(RpcRequest request, RpcHandler next);

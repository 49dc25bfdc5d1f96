using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Chain.Transport;

/// <summary>One JSON-RPC request without its id, which the transport gives.</summary>
/// <param name="Method">As on the wire: "eth_call".</param>
/// <param name="Parameters">Positional. Built once and never changed afterwards.</param>
public sealed record RpcCall(string Method, JsonArray Parameters);

/// <summary>What one call of a batch came to. The others of the batch may have come to something else.</summary>
public abstract record RpcAnswer
{
    private RpcAnswer()
    {
    }

    /// <summary>The node answered; <paramref name="Value"/> may be JSON null.</summary>
    public sealed record Result(JsonElement Value) : RpcAnswer;

    /// <summary>The node answered with an error: an <see cref="RpcRefusedException"/> or <see cref="ExecutionRevertedException"/>.</summary>
    public sealed record Error(ChainException Why) : RpcAnswer;

    /// <exception cref="ChainException">This call was answered with an error.</exception>
    public JsonElement Unwrap() => this switch
    {
        Result result => result.Value,
        Error error => throw error.Why,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>Moves JSON-RPC to one endpoint. It knows ids, sizes and faults of the way, nothing of Ethereum's types.</summary>
public interface IJsonRpcTransport
{
    /// <summary>Host and port, for people. Never the path or the query: providers put keys there.</summary>
    string Endpoint { get; }

    /// <summary>Sends one call.</summary>
    /// <exception cref="RpcRefusedException">The node answered with an error.</exception>
    /// <exception cref="ExecutionRevertedException">The node answered that the simulated call reverts.</exception>
    /// <exception cref="RpcFailedException">No usable answer: the call may or may not have had its effect.</exception>
    Task<JsonElement> SendAsync(RpcCall call, CancellationToken cancellationToken);

    /// <summary>Sends several calls, in as few requests as the endpoint's batch limit allows.</summary>
    /// <returns>One answer per call, in the order of <paramref name="calls"/>, whatever order the node chose.</returns>
    /// <exception cref="RpcRefusedException">The node refused a batch as a whole.</exception>
    /// <exception cref="RpcFailedException">A batch was not answered completely.</exception>
    Task<IReadOnlyList<RpcAnswer>> SendBatchAsync(IReadOnlyList<RpcCall> calls, CancellationToken cancellationToken);
}

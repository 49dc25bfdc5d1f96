using System.Text.Json.Nodes;

namespace Gateway.Testing.Proxy;

/// <summary>Logs as a node has them that has accepted so many blocks, and executed fewer.</summary>
internal sealed class LogView(Upstream node, bool isCoreth)
{
    public async Task<Reply> AnswerAsync(RpcRequest request, ulong accepted, ulong executed)
    {
        var filter = (JsonObject)request.Parameters[0]!;
        if (filter["blockHash"] is { } hash)
            return await OfBlockAsync(request, (string)hash!, accepted, executed);
        var from = Height(filter["fromBlock"], executed);
        var to = Height(filter["toBlock"], executed);
        if (isCoreth && from > accepted)
            return CorethRules.LogsFromBeyond.ToReply(from, accepted);
        if (isCoreth && to > accepted)
            return CorethRules.LogsToBeyond.ToReply(to, accepted);
        // What is accepted and not executed yet has no logs, and that is not said.
        if (from > executed)
            return new Reply.Result(new JsonArray());
        var known = (JsonObject)filter.DeepClone();
        known["fromBlock"] = RpcRequest.Hex(from);
        known["toBlock"] = RpcRequest.Hex(Math.Min(to, executed));
        return await node.AskAsync(request.With(0, known));
    }

    private async Task<Reply> OfBlockAsync(RpcRequest request, string hash, ulong accepted, ulong executed)
    {
        var reply = await node.AskAsync(request.Asking("eth_getBlockByHash", hash, false));
        if (reply is not Reply.Result { Value: JsonObject block } || RpcRequest.Number((string)block["number"]!) > accepted)
            return new Reply.Error(CorethRules.DefaultCode, "unknown block"); // graft/coreth/eth/filters/filter.go, Logs
        return RpcRequest.Number((string)block["number"]!) > executed ? new Reply.Result(new JsonArray()) : await node.AskAsync(request);
    }

    private static ulong Height(JsonNode? block, ulong executed) => (string?)block switch
    {
        null or "latest" or "pending" or "safe" or "finalized" => executed,
        "earliest" => 0,
        { } number => RpcRequest.Number(number),
    };
}

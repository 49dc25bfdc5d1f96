using System.Text.Json.Nodes;
using Gateway.Domain.Identity;

namespace Gateway.Testing.Proxy;

/// <summary>Answers that look right, and are not.</summary>
internal static class NodeLies
{
    /// <summary>A hash that no block has.</summary>
    public static readonly string NoBlock = "0x" + new string('7', 64);

    /// <summary>No receipt, no block, no logs: null.</summary>
    public static NodeFault Null { get; } = Telling(static _ => null);

    /// <summary>No bytes, as a contract answers that is not there.</summary>
    public static NodeFault NoBytes { get; } = Telling(static _ => "0x");

    /// <summary>No logs, for a block that has some.</summary>
    public static NodeFault NoLogs { get; } = Telling(static _ => new JsonArray());

    /// <summary>Every second log, the first one left out.</summary>
    public static NodeFault HalfOfLogs { get; } = Telling(static result =>
        result is JsonArray logs ? new JsonArray([.. logs.Where(static (_, i) => i % 2 == 1).Select(l => l!.DeepClone())]) : result);

    /// <summary>All logs but those that name an account in a topic.</summary>
    public static NodeFault LogsWithout(Address account) => Telling(result => result is JsonArray logs
        ? new JsonArray([.. logs.Where(l => !l!["topics"]!.ToJsonString().Contains(account.ToString()[2..], StringComparison.OrdinalIgnoreCase)).Select(l => l!.DeepClone())])
        : result);

    /// <summary>The logs as if they were of a block that nobody has.</summary>
    public static NodeFault LogsOfNoBlock { get; } = Telling(static result =>
    {
        foreach (var log in result as JsonArray ?? [])
            log!["blockHash"] = NoBlock;
        return result;
    });

    /// <summary>The logs as if they were of another height.</summary>
    public static NodeFault LogsOfAnotherHeight { get; } = Telling(static result =>
    {
        foreach (var log in result as JsonArray ?? [])
            log!["blockNumber"] = RpcRequest.Hex(RpcRequest.Number((string)log["blockNumber"]!) + 1_000_000);
        return result;
    });

    /// <summary>A height or a count that is off by this: a stale one, or a pool's that is not there.</summary>
    public static NodeFault Off(long by) => Telling(result =>
        RpcRequest.Hex(Math.Max(0, checked((long)RpcRequest.Number((string)result!)) + by)));

    /// <summary>Any other result than the true one. A node that has none but an error says so.</summary>
    public static NodeFault Telling(Func<JsonNode?, JsonNode?> lie) => async (request, next) =>
    {
        var truth = await next(request);
        return truth is Reply.Result result ? new Reply.Result(lie(result.Value?.DeepClone())) : truth;
    };
}

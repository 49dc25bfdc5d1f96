using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Testing.Proxy;
using Microsoft.AspNetCore.Http;

namespace Gateway.Server.Tests.Resilience;

/// <summary>A real HTTP server that answers JSON-RPC like a node, or as badly as a test wants.</summary>
internal sealed class ScriptedNode : IAsyncDisposable
{
    /// <summary>As some providers have it: a path that is a key, and must never be shown.</summary>
    public const string SecretPath = "/rpc/secret-key";

    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Reply> _faults = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Func<JsonArray, JsonNode?>> _answers = new(StringComparer.Ordinal);

    private RpcServer _server = null!; // Set before anybody has the node.

    private ScriptedNode()
    {
        Sockets = new ScriptedSockets(Result);
        _answers["eth_chainId"] = _ => Hex(ChainId);
        _answers["eth_blockNumber"] = _ => Hex(Head);
        _answers["eth_getBlockByNumber"] = p => (string?)p[0] == "latest" ? Block(Head) : Number(p[0]) <= Head ? Block(Number(p[0])) : null;
        _answers["eth_getTransactionReceipt"] = _ => null;
        _answers["eth_getLogs"] = _ => new JsonArray();
        _answers["eth_subscribe"] = _ => ScriptedSockets.Subscription;
        _answers["eth_getBalance"] = _ => Hex(Balance);
        _answers["eth_sendRawTransaction"] = _ => "0x" + new string('a', 64);
    }

    public ulong ChainId { get; set; } = 43114;

    public ulong Head { get; set; } = 100;

    /// <summary>Tells nodes apart by what they answer.</summary>
    public ulong Balance { get; set; }

    /// <summary>Last digit of its block hashes: nodes that differ in it are on different forks.</summary>
    public char Fork { get; set; } = '0';

    public string Url => _server.Http(SecretPath).ToString();

    public string SocketUrl => _server.Socket(ScriptedSockets.SecretPath).ToString();

    /// <summary>Those that listen for new heads.</summary>
    public ScriptedSockets Sockets { get; }

    public static async Task<ScriptedNode> StartAsync()
    {
        var node = new ScriptedNode();
        node._server = await RpcServer.StartAsync(SecretPath, node.AnswerAsync, (ScriptedSockets.SecretPath, node.Sockets.ServeAsync));
        return node;
    }

    /// <summary>How often it was asked for this method.</summary>
    public int Asked(string method) => _asked.GetValueOrDefault(method);

    /// <summary>Answers every call, or every call of one method, like this instead.</summary>
    public void FailWith(Func<HttpContext, Task> fault, string method = "*") => _faults[method] = new Reply.Whole(fault);

    public void FailWith(int status, string body, string? retryAfter = null, string method = "*") => FailWith(
        async context =>
        {
            context.Response.StatusCode = status;
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;
            await context.Response.WriteAsync(body);
        },
        method);

    /// <summary>Answers with a JSON-RPC error.</summary>
    public void Refuse(string method, int code, string message) => _faults[method] = new Reply.Error(code, message);

    /// <summary>Takes calls of this method and never answers. The task ends when the first one is there.</summary>
    public Task HangOn(string method)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        FailWith(
            context =>
            {
                arrived.TrySetResult();
                var gone = new TaskCompletionSource();
                context.RequestAborted.Register(gone.SetResult);
                return gone.Task;
            },
            method);
        return arrived.Task;
    }

    public void Answer(string method, Func<JsonArray, JsonNode?> answer) => _answers[method] = answer;

    public void Recover() => _faults.Clear();

    public static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        Sockets.Drop();
        await _server.DisposeAsync();
    }

    private Task<Reply> AnswerAsync(RpcRequest request)
    {
        _asked.AddOrUpdate(request.Method, 1, static (_, count) => count + 1);
        return Task.FromResult(_faults.TryGetValue(request.Method, out var fault) || _faults.TryGetValue("*", out fault) ? fault : Result(request));
    }

    private Reply.Result Result(RpcRequest request) => new(_answers[request.Method](request.Parameters));

    private JsonObject Block(ulong number) => new()
    {
        ["number"] = Hex(number),
        ["hash"] = Hash(number),
        ["parentHash"] = Hash(number - 1),
        ["timestamp"] = Hex(1_800_000_000 + number),
        ["baseFeePerGas"] = "0x1",
        ["gasLimit"] = "0xf4240",
    };

    private string Hash(ulong number) => "0x" + number.ToString("x63", CultureInfo.InvariantCulture) + Fork;

    private static ulong Number(JsonNode? hex) => ulong.Parse(((string)hex!)[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Tests.Resilience;

/// <summary>A real HTTP server that answers JSON-RPC like a node, or as badly as a test wants.</summary>
internal sealed class ScriptedNode : IAsyncDisposable
{
    /// <summary>As some providers have it: a path that is a key, and must never be shown.</summary>
    public const string SecretPath = "/rpc/secret-key";

    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _faults = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Func<JsonArray, JsonNode?>> _answers = new(StringComparer.Ordinal);

    private ScriptedNode(WebApplication application)
    {
        _application = application;
        Sockets = new ScriptedSockets(AnswerTo);
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

    public string Url => Address + SecretPath;

    public string SocketUrl => Address.Replace("http:", "ws:", StringComparison.Ordinal) + ScriptedSockets.SecretPath;

    /// <summary>Those that listen for new heads.</summary>
    public ScriptedSockets Sockets { get; }

    private string Address => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<ScriptedNode> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        var node = new ScriptedNode(application);
        application.UseWebSockets();
        application.MapPost(SecretPath, node.ServeAsync);
        application.Map(ScriptedSockets.SecretPath, node.Sockets.ServeAsync);
        await application.StartAsync();
        return node;
    }

    /// <summary>How often it was asked for this method.</summary>
    public int Asked(string method) => _asked.GetValueOrDefault(method);

    /// <summary>Answers every call, or every call of one method, like this instead.</summary>
    public void FailWith(Func<HttpContext, Task> fault, string method = "*") => _faults[method] = fault;

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
    public void Refuse(string method, int code, string message) => _faults[method] = context => context.Response.WriteAsync(
        new JsonObject { ["jsonrpc"] = "2.0", ["id"] = (long)context.Items["id"]!, ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }.ToJsonString());

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
        await _application.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body))!;
        var method = (string)request["method"]!;
        context.Items["id"] = (long)request["id"]!;
        _asked.AddOrUpdate(method, 1, static (_, count) => count + 1);
        if (_faults.TryGetValue(method, out var fault) || _faults.TryGetValue("*", out fault))
        {
            await fault(context);
            return;
        }

        await context.Response.WriteAsync(AnswerTo(request));
    }

    private string AnswerTo(JsonNode request) => new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["id"] = (long)request["id"]!,
        ["result"] = _answers[(string)request["method"]!]((JsonArray)request["params"]!),
    }.ToJsonString();

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

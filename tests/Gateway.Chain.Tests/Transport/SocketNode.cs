using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Chain.Tests.Transport;

/// <summary>A real WebSocket server on the loopback, each of whose connections a test plays by hand.</summary>
internal sealed class SocketNode : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Channel<SocketPeer> _connections = Channel.CreateUnbounded<SocketPeer>();
    private readonly CancellationTokenSource _stop = new();

    private SocketNode(WebApplication application) => _application = application;

    /// <summary>Connections so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Answers instead of becoming a WebSocket; null: does not.</summary>
    public int? RefuseWith { get; set; }

    public Uri Url => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
        .Replace("http:", "ws:", StringComparison.Ordinal) + "/ws/secret-key");

    public static async Task<SocketNode> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        application.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        var node = new SocketNode(application);
        application.Map("/ws/secret-key", node.ServeAsync);
        await application.StartAsync();
        return node;
    }

    /// <summary>The next connection.</summary>
    public async Task<SocketPeer> AcceptAsync() => await _connections.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _application.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        Connections++;
        if (RefuseWith is { } status)
        {
            context.Response.StatusCode = status;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var peer = new SocketPeer(socket, context, _stop.Token);
        await _connections.Writer.WriteAsync(peer);
        await peer.EndedAsync();
    }
}

/// <summary>The server's side of one connection.</summary>
internal sealed class SocketPeer(WebSocket socket, HttpContext context, CancellationToken stop)
{
    public const string Heads = "0xfeed";

    private readonly Channel<bool> _ended = Channel.CreateBounded<bool>(1);

    /// <summary>The client's next request.</summary>
    public async Task<(long Id, string Method, JsonArray Parameters)> NextAsync()
    {
        var buffer = new byte[64 * 1024];
        var part = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        Assert.True(part.EndOfMessage && part.MessageType == WebSocketMessageType.Text);
        var request = JsonNode.Parse(buffer.AsSpan(0, part.Count))!;
        return ((long)request["id"]!, (string)request["method"]!, (JsonArray)request["params"]!);
    }

    /// <summary>Plays a node up to the subscription: the chain id, then new heads, then logs filters as many as there are.</summary>
    public async Task SubscribeAsync(ulong chainId = 43114, int logs = 0)
    {
        await AnswerAsync("eth_chainId", "0x" + chainId.ToString("x", System.Globalization.CultureInfo.InvariantCulture));
        await AnswerAsync("eth_subscribe", Heads);
        for (var i = 0; i < logs; i++)
            await AnswerAsync("eth_subscribe", "0xlog" + i);
    }

    /// <summary>Expects this request and answers it.</summary>
    public async Task<JsonArray> AnswerAsync(string method, JsonNode? result)
    {
        var request = await NextAsync();
        Assert.Equal(method, request.Method);
        await SayAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = request.Id, ["result"] = result }.ToJsonString());
        return request.Parameters;
    }

    public Task HeadAsync(ulong number, string subscription = Heads) => NotifyAsync(
        subscription, new JsonObject { ["number"] = "0x" + number.ToString("x", System.Globalization.CultureInfo.InvariantCulture) });

    public Task NotifyAsync(string subscription, JsonNode? result) => SayAsync(new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["method"] = "eth_subscription",
        ["params"] = new JsonObject { ["subscription"] = subscription, ["result"] = result },
    }.ToJsonString());

    public Task SayAsync(string text) => SayAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SayAsync(byte[] bytes, WebSocketMessageType type) => socket.SendAsync(bytes, type, endOfMessage: true, TestContext.Current.CancellationToken);

    /// <summary>Part of a message that goes on.</summary>
    public Task SayPartAsync(byte[] bytes) => socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: false, TestContext.Current.CancellationToken);

    /// <summary>Ends the connection as the protocol wants it, and waits for the client to say the same.</summary>
    public async Task CloseAsync()
    {
        await socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "going away", TestContext.Current.CancellationToken);
        _ended.Writer.TryComplete();
    }

    /// <summary>Resets the connection.</summary>
    public void Abort()
    {
        context.Abort();
        _ended.Writer.TryComplete();
    }

    /// <summary>Returns when the client has said good-bye, or is gone.</summary>
    public async Task<bool> IsLeftPolitelyAsync()
    {
        try
        {
            var part = await socket.ReceiveAsync(new byte[1024], TestContext.Current.CancellationToken);
            return part.MessageType == WebSocketMessageType.Close;
        }
        catch (WebSocketException)
        {
            return false;
        }
        finally
        {
            _ended.Writer.TryComplete();
        }
    }

    public async Task EndedAsync()
    {
        try
        {
            await _ended.Reader.WaitToReadAsync(stop);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}

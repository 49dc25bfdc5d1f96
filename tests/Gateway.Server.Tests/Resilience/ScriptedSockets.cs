using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Gateway.Testing.Proxy;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

/// <summary>The WebSocket side of a scripted node.</summary>
internal sealed class ScriptedSockets(Func<RpcRequest, Reply> answer)
{
    public const string SecretPath = "/ws/secret-key";

    public const string Subscription = "0xfeed";

    private readonly ConcurrentDictionary<WebSocket, bool> _open = new();
    private readonly Channel<bool> _subscribed = Channel.CreateUnbounded<bool>();

    /// <summary>Returns when a client has subscribed that had not before the last call.</summary>
    public async Task SubscribedAsync() => await _subscribed.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Subscriptions so far.</summary>
    public int Subscriptions { get; private set; }

    /// <summary>Tells of a block.</summary>
    public async Task AnnounceAsync(ulong number)
    {
        var head = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["method"] = "eth_subscription",
            ["params"] = new JsonObject { ["subscription"] = Subscription, ["result"] = new JsonObject { ["number"] = ScriptedNode.Hex(number) } },
        }.ToJsonString();
        foreach (var socket in _open.Keys)
            await socket.SendAsync(Encoding.UTF8.GetBytes(head), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
    }

    /// <summary>Resets all connections.</summary>
    public void Drop()
    {
        foreach (var socket in _open.Keys)
            socket.Abort();
    }

    public async Task ServeAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        _open[socket] = true;
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: WebSocketMessageType.Text } part)
            {
                var request = RpcRequest.Read(JsonNode.Parse(buffer.AsSpan(0, part.Count))!, context.RequestAborted);
                var envelope = Assert.Single(answer(request).Envelopes(request.Id)).ToJsonString();
                await socket.SendAsync(Encoding.UTF8.GetBytes(envelope), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
                if (request.Method == "eth_subscribe")
                {
                    Subscriptions++;
                    await _subscribed.Writer.WriteAsync(true);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // Reset, by the test or by the client.
        }
        finally
        {
            _open.TryRemove(socket, out _);
        }
    }
}

using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Proxy;

/// <summary>One client's connection through a proxy.</summary>
internal sealed class ProxySocket(WebSocket above, WebSocket below, HttpContext context)
{
    private const int MaxMessage = 1 << 20;

    private readonly List<JsonNode> _held = [];

    /// <param name="spoil">What really comes through of a message of the node.</param>
    /// <param name="subscribed">The node has answered for the first time after a subscription to new heads.</param>
    public async Task RunAsync(Func<ProxySocket, JsonNode, IEnumerable<JsonNode>> spoil, Action subscribed)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        JsonNode? subscribing = null;
        var up = PumpAsync(above, below, IsAsking, over.Token);
        var down = PumpAsync(below, above, Answering, over.Token);
        await Task.WhenAny(up, down);
        await over.CancelAsync();
        await Task.WhenAll(up, down);

        IEnumerable<JsonNode> IsAsking(JsonNode request)
        {
            if ((string?)request["method"] == "eth_subscribe")
                subscribing = request["id"];
            return [request];
        }

        IEnumerable<JsonNode> Answering(JsonNode message)
        {
            if (subscribing is not null && JsonNode.DeepEquals(message["id"], subscribing))
            {
                subscribing = null;
                subscribed();
            }

            return spoil(this, message);
        }
    }

    /// <summary>What is told now of a head with this fate.</summary>
    public IEnumerable<JsonNode> Tell(JsonNode head, HeadFault fault)
    {
        if (fault == HeadFault.Reordered)
        {
            _held.Add(head);
            return [];
        }

        List<JsonNode> told = fault switch
        {
            HeadFault.Doubled => [head, head],
            HeadFault.Skipped => [],
            _ => [head],
        };
        told.AddRange(_held);
        _held.Clear();
        return told;
    }

    public Task CloseAsync() => above.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, CancellationToken.None);

    public void Reset() => context.Abort();

    private static async Task PumpAsync(WebSocket from, WebSocket to, Func<JsonNode, IEnumerable<JsonNode>> pass, CancellationToken over)
    {
        var buffer = new byte[MaxMessage];
        try
        {
            while (await ReadAsync(from, buffer, over) is { } message)
            {
                foreach (var told in pass(message))
                    await to.SendAsync(Encoding.UTF8.GetBytes(told.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, over);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // One side has gone; the other one is let go too.
        }
    }

    private static async Task<JsonNode?> ReadAsync(WebSocket from, byte[] buffer, CancellationToken over)
    {
        var length = 0;
        while (true)
        {
            var part = await from.ReceiveAsync(buffer.AsMemory(length), over);
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            length += part.Count;
            if (part.EndOfMessage)
                return JsonNode.Parse(buffer.AsSpan(0, length));
        }
    }
}

using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Proxy;

/// <summary>The WebSocket side of a proxy: each connection has one of its own to the node, and what the node tells of new heads can be spoilt.</summary>
internal sealed class ProxySockets(Uri node)
{
    private readonly ConcurrentDictionary<ProxySocket, bool> _open = new();
    private readonly ConcurrentQueue<HeadFault> _next = new();
    private readonly Channel<int> _connected = Channel.CreateUnbounded<int>();
    private readonly Channel<bool> _swallowed = Channel.CreateUnbounded<bool>();

    private int _connections;

    /// <summary>Connections so far.</summary>
    public int Connections => _connections;

    /// <summary>Connections stay, and nothing comes through any more, answers included.</summary>
    public bool IsSilent { get; set; }

    /// <summary>What becomes of the next heads, one each.</summary>
    public void Next(params ReadOnlySpan<HeadFault> faults)
    {
        foreach (var fault in faults)
            _next.Enqueue(fault);
    }

    /// <summary>Returns when a client has subscribed to new heads that had not before the last call.</summary>
    public async Task SubscribedAsync(CancellationToken cancellationToken) => await _connected.Reader.ReadAsync(cancellationToken);

    /// <summary>Returns when a message did not come through, for silence, that had not before the last call.</summary>
    public async Task SwallowedAsync(CancellationToken cancellationToken) => await _swallowed.Reader.ReadAsync(cancellationToken);

    /// <summary>Says good-bye to everybody.</summary>
    public async Task CloseAsync()
    {
        foreach (var socket in _open.Keys)
            await socket.CloseAsync();
    }

    /// <summary>Resets all connections.</summary>
    public void Reset()
    {
        foreach (var socket in _open.Keys)
            socket.Reset();
    }

    public async Task ServeAsync(HttpContext context)
    {
        using var below = new ClientWebSocket();
        await below.ConnectAsync(node, context.RequestAborted);
        using var above = await context.WebSockets.AcceptWebSocketAsync();
        var socket = new ProxySocket(above, below, context);
        _open[socket] = true;
        Interlocked.Increment(ref _connections);
        try
        {
            await socket.RunAsync(Spoil, () => _connected.Writer.TryWrite(_connections));
        }
        finally
        {
            _open.TryRemove(socket, out _);
        }
    }

    private IEnumerable<JsonNode> Spoil(ProxySocket socket, JsonNode message)
    {
        if (IsSilent)
        {
            _swallowed.Writer.TryWrite(true);
            return [];
        }

        var isHead = message["params"]?["result"]?["number"] is not null;
        return isHead ? socket.Tell(message, _next.TryDequeue(out var fault) ? fault : HeadFault.None) : [message];
    }
}

/// <summary>What becomes of a head on its way.</summary>
internal enum HeadFault
{
    /// <summary>It is told.</summary>
    None = 0,
    Doubled = 1,
    Skipped = 2,

    /// <summary>It is told after the next one.</summary>
    Reordered = 3,
}

using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.Chain.Transport;

/// <summary>This connection is of no more use; a new one may be.</summary>
internal sealed class SocketLostException(string why, Exception? inner = null) : Exception(why, inner);

/// <summary>One WebSocket connection that carries JSON-RPC: whole messages in and out, bounded, and one kind of failure.</summary>
/// <remarks>One sender and one receiver at a time, as WebSockets allow.</remarks>
internal sealed class SocketSession : IDisposable
{
    // No spans of its own: they would show the URL's path, where providers put keys.
    private static readonly HttpMessageInvoker Connector = new(new SocketsHttpHandler { ActivityHeadersPropagator = null });

    private readonly ClientWebSocket _socket = new();
    private readonly int _maxMessageBytes;

    private long _lastId;

    private SocketSession(int maxMessageBytes)
    {
        _maxMessageBytes = maxMessageBytes;
        // The feed asks for a sign of life itself, in words that the node's own software must answer.
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
    }

    /// <exception cref="SocketLostException">No connection.</exception>
    public static async Task<SocketSession> ConnectAsync(Uri url, int maxMessageBytes, CancellationToken cancellationToken)
    {
        var session = new SocketSession(maxMessageBytes);
        try
        {
            await session._socket.ConnectAsync(url, Connector, cancellationToken);
            return session;
        }
        catch (Exception e)
        {
            session.Dispose();
            throw e is OperationCanceledException ? e : new SocketLostException($"cannot connect: {(e.InnerException ?? e).Message}", e);
        }
    }

    /// <returns>The id that the answer will carry.</returns>
    /// <exception cref="SocketLostException">Could not be sent.</exception>
    public async Task<long> SendAsync(string method, JsonArray parameters, CancellationToken cancellationToken)
    {
        var id = ++_lastId;
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = parameters };
        try
        {
            await _socket.SendAsync(Encoding.UTF8.GetBytes(request.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            return id;
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException)
        {
            throw new SocketLostException("the connection broke", e);
        }
    }

    /// <summary>The next whole message.</summary>
    /// <exception cref="SocketLostException">The server closed the connection, or broke it, or sent too much.</exception>
    public async Task<byte[]> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                // A graceful close is an end like any other; taken for an empty message it was once read for ever (Nethereum).
                if (part.MessageType == WebSocketMessageType.Close)
                    throw new SocketLostException($"the server closed the connection ({_socket.CloseStatus})");
                if (message.Length + part.Count > _maxMessageBytes)
                    throw new SocketLostException($"a message of more than {_maxMessageBytes} bytes");
                await message.WriteAsync(buffer.AsMemory(0, part.Count), cancellationToken);
                if (part.EndOfMessage)
                    return message.ToArray();
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException)
        {
            throw new SocketLostException("the connection broke", e);
        }
    }

    /// <summary>Says good-bye where somebody still listens.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
            return;
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // Nobody listens any more: that is what was to be said.
        }
    }

    public void Dispose() => _socket.Dispose();
}

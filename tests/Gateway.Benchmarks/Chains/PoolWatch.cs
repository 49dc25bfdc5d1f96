using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using Gateway.Domain.Identity;

namespace Gateway.Benchmarks.Chains;

/// <summary>When transactions reached the chain's pool, as the chain itself tells over its socket: the outside view of a broadcast.</summary>
internal sealed class PoolWatch : IAsyncDisposable
{
    private const int MessageSize = 64 * 1024;

    private static readonly byte[] Subscribe = """{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newPendingTransactions"]}"""u8.ToArray();

    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Hash32, DateTimeOffset> _seen = new();
    private readonly TimeProvider _time;

    private PoolWatch(TimeProvider time) => _time = time;

    /// <summary>By hash, the first time each was seen.</summary>
    public IReadOnlyDictionary<Hash32, DateTimeOffset> Seen => _seen;

    public static async Task<PoolWatch> StartAsync(Uri socket, TimeProvider time, CancellationToken cancellationToken)
    {
        var watch = new PoolWatch(time);
        await watch._socket.ConnectAsync(socket, cancellationToken);
        await watch._socket.SendAsync(Subscribe, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        await watch.ReceiveAsync(new byte[MessageSize]); // The subscription's id.
        _ = watch.ListenAsync(); // Ends with the socket.
        return watch;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task ListenAsync()
    {
        var buffer = new byte[MessageSize];
        try
        {
            while (true)
            {
                var message = await ReceiveAsync(buffer);
                var at = _time.GetUtcNow();
                using var json = JsonDocument.Parse(message);
                if (json.RootElement.TryGetProperty("params", out var told))
                    _seen.TryAdd(Hash32.Parse(told.GetProperty("result").GetString() ?? ""), at);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or WebSocketException)
        {
            // Disposed of, or the chain has ended: nobody looks any more.
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReceiveAsync(byte[] buffer)
    {
        var length = 0;
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer.AsMemory(length), _stop.Token);
            length += part.Count;
            if (part.EndOfMessage)
                return buffer.AsMemory(0, length);
        }
    }
}

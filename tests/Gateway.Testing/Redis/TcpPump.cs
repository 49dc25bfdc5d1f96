using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing.Redis;

/// <summary>Passes bytes between whoever connects to it and a server: a link that a test can cut, and point elsewhere.</summary>
public sealed class TcpPump : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly Fuse? _fuse;

    private volatile int _target;
    private volatile bool _isBlackHole;
    private volatile TaskCompletionSource? _held;
    private CancellationTokenSource _links = new();

    /// <param name="fuse">Of whoever connects.</param>
    public TcpPump(int target, Fuse? fuse = null)
    {
        (_target, _fuse) = (target, fuse);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>From now on both ends stay connected and hear nothing of each other: the worst that a network does.</summary>
    public void BlackHole() => _isBlackHole = true;

    /// <summary>From now on nothing arrives; nothing is lost either, as with a server that stands still.</summary>
    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whatever was held arrives now.</summary>
    public void Release() => Interlocked.Exchange(ref _held, null)?.TrySetResult();

    /// <summary>Ends every connection, and leads new ones to another server.</summary>
    public async Task PointToAsync(int target)
    {
        _target = target;
        var former = Interlocked.Exchange(ref _links, new CancellationTokenSource());
        await former.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _links.CancelAsync();
        _listener.Dispose();
#pragma warning disable VSTHRD003 // Started by this very object.
        await _accepting;
#pragma warning restore VSTHRD003
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = LinkAsync(await _listener.AcceptTcpClientAsync(_stop.Token), _links.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || (_stop.IsCancellationRequested && e is InvalidOperationException))
        {
            // Disposed; a listener that was stopped between two clients says that it does not listen.
        }
    }

    private async Task LinkAsync(TcpClient client, CancellationToken cancellationToken)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, cancellationToken);
                await Task.WhenAny(PassAsync(client.GetStream(), server.GetStream(), isSaid: true, cancellationToken), PassAsync(server.GetStream(), client.GetStream(), isSaid: false, cancellationToken));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Nobody listens there, or the link was cut: the client's connection ends.
            }
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, bool isSaid, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                if (_held is { } held)
                    await held.Task.WaitAsync(cancellationToken);
                var isCut = _fuse is { } fuse && (isSaid ? !fuse.LetsPass(buffer.AsSpan(0, read)) : fuse.IsBurnt);
                if (!_isBlackHole && !isCut)
                    await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One end has gone: so goes the other.
        }
    }
}

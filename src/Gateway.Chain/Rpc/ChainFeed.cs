using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Rpc;

/// <summary>Whom a feed listens to, and for what besides new heads.</summary>
/// <param name="Url">ws or wss. Only its host is ever shown: its path may be a key.</param>
/// <param name="ChainId">A node of another chain is not listened to.</param>
public sealed record FeedSetup(Uri Url, ChainId ChainId)
{
    /// <summary>Addresses and topics of logs to be told of; their blocks do not matter.</summary>
    public ImmutableArray<LogFilter> Logs { get; init; } = [];

    public SocketOptions Socket { get; init; } = new();
}

/// <summary>New heads and logs as a node's WebSocket tells them, over any number of connections: lost ones are made anew until the reader stops.</summary>
/// <param name="jitter">A number from 0 to below 1, anew each time.</param>
public sealed class ChainFeed(FeedSetup setup, TimeProvider time, Func<double> jitter)
{
    private readonly Lock _lock = new();

    private CancellationTokenSource? _connection;
    private string? _dropped;

    /// <summary>Host and port, for people.</summary>
    public string Endpoint => setup.Url.Authority;

    /// <summary>Hints until <paramref name="cancellationToken"/> is cancelled. One reader at a time; stopping to read closes the connection.</summary>
    public async IAsyncEnumerable<ChainHint> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var missed = 0L;
        var bounds = new BoundedChannelOptions(setup.Socket.MaxQueued) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true, SingleWriter = true };
        var hints = Channel.CreateBounded<ChainHint>(bounds, _ => Interlocked.Increment(ref missed));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pump = PumpAsync(hints.Writer, stop.Token);
        try
        {
            await foreach (var hint in hints.Reader.ReadAllAsync(cancellationToken))
            {
                if (Interlocked.Exchange(ref missed, 0) is > 0 and var gone)
                    yield return new ChainHint.Missed(gone);
                yield return hint;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await pump;
        }
    }

    /// <summary>Gives up the present connection: somebody knows that it no longer tells everything. Another one is made.</summary>
    public void Drop(string why)
    {
        lock (_lock)
        {
            _dropped = why;
            _connection?.Cancel();
        }
    }

    private async Task PumpAsync(ChannelWriter<ChainHint> hints, CancellationToken stop)
    {
        var backoff = new SocketBackoff(setup.Socket, jitter);
        try
        {
            for (var connection = 1; !stop.IsCancellationRequested; connection++)
            {
                var since = time.GetTimestamp();
                hints.TryWrite(new ChainHint.Lost(await ConnectAndListenAsync(hints, connection, stop)));
                await Task.Delay(backoff.Next(time.GetElapsedTime(since)), time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader stopped.
        }
        catch (Exception e)
        {
            hints.TryComplete(e); // A bug: the reader shall see it.
        }
        finally
        {
            hints.TryComplete();
        }
    }

    /// <returns>Why the connection ended.</returns>
    private async Task<string> ConnectAndListenAsync(ChannelWriter<ChainHint> hints, int connection, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        lock (_lock)
            (_connection, _dropped) = (end, null);
        try
        {
            using var session = await ConnectAsync(end.Token);
            var subscriptions = new FeedSubscriptions(setup, time, hints, session);
            try
            {
                await subscriptions.SubscribeAsync(end.Token);
                hints.TryWrite(new ChainHint.Subscribed(connection));
                return await subscriptions.ListenAsync(end.Token);
            }
            finally
            {
                using var patience = new CancellationTokenSource(setup.Socket.AnswerTimeout, time);
                await session.CloseAsync(patience.Token);
            }
        }
        catch (SocketLostException e)
        {
            return _dropped ?? e.Message; // Dropping it breaks it, one way or the other.
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return _dropped ?? "dropped";
        }
        finally
        {
            lock (_lock)
                _connection = null;
        }
    }

    private async Task<SocketSession> ConnectAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(setup.Socket.AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await SocketSession.ConnectAsync(setup.Url, setup.Socket.MaxMessageBytes, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketLostException("no connection in time", e);
        }
    }
}

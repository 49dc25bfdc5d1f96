using Gateway.Chain.Rpc;
using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>One endpoint's socket: passes announcements on, and is dropped when others see newer blocks while it stays silent (blockscout #1326).</summary>
internal sealed partial class HeadSocket
{
    private static readonly TimeSpan AfterBug = TimeSpan.FromSeconds(5);

    private readonly RpcEndpoint _endpoint;
    private readonly ChainMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ChainFeed _feed;
    private readonly Lock _lock = new();

    private bool _isConnected;
    private BlockNumber? _told;
    private long? _behindSince;

    public HeadSocket(RpcEndpoint endpoint, ChainMetrics metrics, HeadTiming timing, TimeProvider time, ILogger logger)
    {
        (_endpoint, _metrics, _time, _logger) = (endpoint, metrics, time, logger);
        _feed = new ChainFeed(new FeedSetup(endpoint.Setup.WebSocketUrl!, endpoint.Setup.ChainId), time, timing.Jitter); // Made for endpoints that have one.
    }

    /// <param name="wake">There is something to ask the endpoint for.</param>
    public async Task RunAsync(Action wake, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var hint in _feed.ReadAsync(stoppingToken))
                    Take(hint, wake);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return; // The gateway stops.
            }
            catch (Exception e)
            {
                // The worker's edge: polls go on meanwhile.
                LogFailed(_logger, e, _endpoint.Name);
                await Task.Delay(AfterBug, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Somebody saw this block. A socket that tells nothing for this long although there is something to tell is made anew.</summary>
    public void CompareWith(BlockNumber best, TimeSpan stall)
    {
        lock (_lock)
        {
            if (!_isConnected || _told >= best)
                _behindSince = null;
            else if (_behindSince is not { } since)
                _behindSince = _time.GetTimestamp();
            else if (_time.GetElapsedTime(since) > stall)
                _feed.Drop(_told is { } told ? $"silent since block {told}, while there is block {best}" : $"silent, while there is block {best}");
        }
    }

    private void Take(ChainHint hint, Action wake)
    {
        switch (hint)
        {
            case ChainHint.NewHead head:
                lock (_lock)
                    (_told, _behindSince) = (head.Number, null);
                _endpoint.Announce(head.Number);
                wake(); // An answer that shows it too makes it a head for whoever comes later.
                break;
            case ChainHint.Subscribed subscribed:
                lock (_lock)
                    (_isConnected, _told, _behindSince) = (true, _endpoint.Head, null); // What was there already it need not tell.
                _metrics.SocketConnected(_endpoint.Name);
                LogConnected(_logger, _endpoint.Name, subscribed.Connection);
                wake();
                break;
            case ChainHint.Missed:
                wake();
                break;
            case ChainHint.Lost lost:
                lock (_lock)
                    _isConnected = false;
                _metrics.SocketLost(_endpoint.Name);
                LogLost(_logger, _endpoint.Name, lost.Why);
                break;
        }
    }

    [LoggerMessage(EventId = 6111, Level = LogLevel.Information, Message = "The socket of {Endpoint} tells of new blocks (connection {Connection})")]
    private static partial void LogConnected(ILogger logger, string endpoint, int connection);

    [LoggerMessage(EventId = 6112, Level = LogLevel.Warning, Message = "The socket of {Endpoint} is lost, another one will be made: {Why}")]
    private static partial void LogLost(ILogger logger, string endpoint, string why);

    [LoggerMessage(EventId = 6113, Level = LogLevel.Error, Message = "Listening to the socket of {Endpoint} failed in a way that was not foreseen")]
    private static partial void LogFailed(ILogger logger, Exception exception, string endpoint);
}

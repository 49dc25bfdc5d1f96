using Gateway.Server.Workers;

namespace Gateway.Server.Resilience;

/// <summary>Looks for new blocks at every endpoint: by its socket where it has one, and by asking now and then in any case.</summary>
internal sealed class HeadWorker(RpcPool pool, StepLoop loop, ChainMetrics metrics, HeadTiming timing, TimeProvider time, ILogger<HeadWorker> logger)
    : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(pool.Endpoints.Select(e => WatchAsync(e, stoppingToken)));

    private Task WatchAsync(RpcEndpoint endpoint, CancellationToken stoppingToken)
    {
        var socket = endpoint.Setup.WebSocketUrl is null ? null : new HeadSocket(endpoint, metrics, timing, time, logger);
        var poll = new HeadPoll(endpoint, pool, socket, timing, time);
        var polling = loop.RunAsync(Loops.HeadsOf(endpoint.Name), poll.StepAsync, poll.RestAsync, stoppingToken);
        return socket is null ? polling : Task.WhenAll(polling, socket.RunAsync(poll.Wake, stoppingToken));
    }
}

/// <summary>How often to look.</summary>
/// <param name="Jitter">A number from 0 to below 1, anew each time.</param>
internal sealed record HeadTiming(Func<double> Jitter)
{
    /// <summary>Shortest time between two polls of an endpoint: public ones limit requests.</summary>
    public static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    /// <summary>Longest one: a chain without blocks measures slow, and its next block must still be seen soon.</summary>
    public static readonly TimeSpan MostPause = TimeSpan.FromSeconds(3);

    /// <summary>A socket may be behind what polls show for as long as this, and for as long as three blocks take.</summary>
    public static readonly TimeSpan LeastStall = TimeSpan.FromSeconds(3);

    /// <summary>Spread over a tenth, so that replicas do not ask in step.</summary>
    public TimeSpan PauseAt(TimeSpan blockTime)
    {
        var pause = blockTime < LeastPause ? LeastPause : blockTime > MostPause ? MostPause : blockTime;
        return pause + (pause * (Jitter() / 10));
    }

    public static TimeSpan StallAt(TimeSpan blockTime) => blockTime * 3 > LeastStall ? blockTime * 3 : LeastStall;
}

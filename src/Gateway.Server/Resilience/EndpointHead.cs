using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>The head of one endpoint, by its answers over HTTP; what its socket announced is kept apart.</summary>
/// <remarks>
/// Behind a provider's name stand several machines: a block that the socket told may not be known yet to the one that answers the next request, and asked
/// for its logs that one says "none" (xmtpd #1889).
/// </remarks>
internal sealed partial class EndpointHead(string endpoint, ChainMetrics metrics, TimeProvider time, ILogger logger)
{
    private readonly HeadTracker _tracker = new(time);

    private long _announced = -1;

    /// <summary>The highest block that an answer has shown; null before the first one.</summary>
    public BlockNumber? Height => _tracker.Height;

    public DateTimeOffset? RisenAt => _tracker.RisenAt;

    /// <summary>What its socket told last; null without one.</summary>
    public BlockNumber? Announced => Volatile.Read(ref _announced) is >= 0 and var number ? new BlockNumber((ulong)number) : null;

    public void Announce(BlockNumber number) => Volatile.Write(ref _announced, checked((long)number.Value));

    /// <param name="knownWhenAsked"><see cref="Height"/> before the question.</param>
    public void Saw(BlockNumber number, BlockNumber? knownWhenAsked)
    {
        var move = _tracker.Saw(number, knownWhenAsked);
        if (move is HeadMove.Ignored or HeadMove.Lowered)
            metrics.HeadWentBack(endpoint);
        if (move is HeadMove.Lowered)
            LogLowered(logger, endpoint, knownWhenAsked ?? default, number);
    }

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message = "The head of {Endpoint} went back from {Before} to {Now} and stays there")]
    private static partial void LogLowered(ILogger logger, string endpoint, BlockNumber before, BlockNumber now);
}

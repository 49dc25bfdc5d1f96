using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>The head of one endpoint, by its answers over HTTP; what its socket announced is kept apart.</summary>
/// <remarks>
/// Behind a provider's name stand several machines: a block that the socket told may not be known yet to the one that answers the next request, and asked
/// for its logs that one says "none" (xmtpd #1889).
/// </remarks>
internal sealed partial class EndpointHead(string endpoint, ChainMetrics metrics, HeadPulse pulse, TimeProvider time, ILogger logger)
{
    /// <summary>An announcement that no answer has confirmed after this is not believed: whoever waits for new blocks would come for it again and again.</summary>
    public static readonly TimeSpan AnnouncementLasts = TimeSpan.FromSeconds(2);

    private readonly HeadTracker _tracker = new(time);

    private Announcement? _announced;

    /// <summary>The highest block that an answer has shown; null before the first one.</summary>
    public BlockNumber? Height => _tracker.Height;

    /// <summary>The newest block that an answer has shown, or that the socket has announced within this time.</summary>
    public BlockNumber? NewestWithin(TimeSpan age)
    {
        var (height, announced) = (Height, Volatile.Read(ref _announced));
        return announced is not null && time.GetElapsedTime(announced.At) < age && !(height >= announced.Number) ? announced.Number : height;
    }

    /// <param name="knownWhenAsked"><see cref="Height"/> before the question.</param>
    public void Saw(BlockNumber number, BlockNumber? knownWhenAsked)
    {
        var move = _tracker.Saw(number, knownWhenAsked);
        if (move is HeadMove.Risen)
            pulse.Beat();
        if (move is HeadMove.Ignored or HeadMove.Lowered)
            metrics.HeadWentBack(endpoint);
        if (move is HeadMove.Lowered)
            LogLowered(logger, endpoint, knownWhenAsked ?? default, number);
    }

    /// <summary>The socket told of a block.</summary>
    public void Announce(BlockNumber number)
    {
        // Only what is newer: a socket that repeats one block must not keep it believed.
        if (Volatile.Read(ref _announced) is { } before && before.Number == number)
            return;
        Volatile.Write(ref _announced, new Announcement(number, time.GetTimestamp()));
        pulse.Beat();
    }

    [LoggerMessage(EventId = 6102, Level = LogLevel.Warning, Message = "The head of {Endpoint} went back from {Before} to {Now} and stays there")]
    private static partial void LogLowered(ILogger logger, string endpoint, BlockNumber before, BlockNumber now);

    private sealed record Announcement(BlockNumber Number, long At);
}

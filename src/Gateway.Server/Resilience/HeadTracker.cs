using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>What a height that somebody told meant to what was known.</summary>
internal enum HeadMove
{
    Unspecified = 0,

    /// <summary>Newer than all before.</summary>
    Risen = 1,

    /// <summary>Nothing new.</summary>
    Same = 2,

    /// <summary>Lower than known: not believed. Behind one name there may be several machines.</summary>
    Ignored = 3,

    /// <summary>Lower again and again: believed. The chain, or what stands behind the name, went back.</summary>
    Lowered = 4,
}

/// <summary>The highest block that one source has shown. A source that goes backwards is not believed at once: that was once taken for a new head (Chainlink #12605).</summary>
internal sealed class HeadTracker(TimeProvider time)
{
    /// <summary>So many lower answers in a row, over at least <see cref="StubbornTime"/>, are believed.</summary>
    public const int StubbornAnswers = 3;

    public static readonly TimeSpan StubbornTime = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();

    private BlockNumber? _height;
    private int _lower;
    private long _lowerSince;

    public BlockNumber? Height
    {
        get
        {
            lock (_lock)
                return _height;
        }
    }

    /// <param name="knownWhenAsked"><see cref="Height"/> before the question: an answer that was overtaken on its way is no step back.</param>
    public HeadMove Saw(BlockNumber number, BlockNumber? knownWhenAsked)
    {
        lock (_lock)
        {
            if (_height is not { } height || number > height)
                return Believe_NeedsLock(number, HeadMove.Risen);
            if (knownWhenAsked is null || number >= knownWhenAsked)
            {
                _lower = 0;
                return HeadMove.Same;
            }

            if (_lower++ == 0)
                _lowerSince = time.GetTimestamp();
            return _lower >= StubbornAnswers && time.GetElapsedTime(_lowerSince) >= StubbornTime
                ? Believe_NeedsLock(number, HeadMove.Lowered)
                : HeadMove.Ignored;
        }
    }

    private HeadMove Believe_NeedsLock(BlockNumber number, HeadMove move)
    {
        (_height, _lower) = (number, 0);
        return move;
    }
}

using Gateway.Testing;

namespace Gateway.Server.Tests.Resilience;

/// <summary>A clock that stands until a test moves it, except that the short delay before a second try passes by itself.</summary>
internal sealed class TestClock : ObservedClock
{
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromMilliseconds(40);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        dueTime > TimeSpan.Zero && dueTime <= LongestRetryDelay
            ? System.CreateTimer(callback, state, TimeSpan.Zero, period)
            : base.CreateTimer(callback, state, dueTime, period);
}

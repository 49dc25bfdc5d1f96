using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Server.Tests.Resilience;

/// <summary>
/// A clock that stands until a test moves it, except that the short delay before a second try passes by itself. It tells when somebody begins to wait, so
/// that no test moves it too early.
/// </summary>
internal sealed class TestClock() : FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000))
{
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromMilliseconds(40);

    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.Zero && dueTime <= LongestRetryDelay)
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Returns when somebody has begun, since the last call, to wait for exactly this long.</summary>
    public async Task NextTimerAsync(TimeSpan dueTime)
    {
        while (await _timers.Reader.ReadAsync(Xunit.TestContext.Current.CancellationToken) != dueTime)
        {
            // Somebody else's.
        }
    }
}

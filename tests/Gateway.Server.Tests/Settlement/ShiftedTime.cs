namespace Gateway.Server.Tests.Settlement;

/// <summary>The machine's clock, which a test may put forward: real timeouts stay real.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private TimeSpan _ahead;
    private TimeSpan _set;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _ahead + _set;

    public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + _ahead.Ticks;

    public void Advance(TimeSpan by) => _ahead += by;

    /// <summary>Sets the wall clock forward or back; no time passes.</summary>
    public void Jump(TimeSpan by) => _set += by;
}

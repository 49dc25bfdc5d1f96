namespace Gateway.Server.Tests.Settlement;

/// <summary>The machine's clock, which a test may put forward: real timeouts stay real.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private TimeSpan _ahead;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _ahead;

    public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + _ahead.Ticks;

    public void Advance(TimeSpan by) => _ahead += by;
}

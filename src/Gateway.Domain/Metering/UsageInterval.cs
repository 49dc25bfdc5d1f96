using Gateway.Domain.Money;

namespace Gateway.Domain.Metering;

/// <summary>A VM in one phase at one rate, from one millisecond to another.</summary>
/// <param name="To">Excluded; after <paramref name="From"/>.</param>
public sealed record UsageInterval(DateTimeOffset From, DateTimeOffset To, MeterPhase Phase, FlowRate Rate)
{
    /// <summary>Exact: both ends are whole milliseconds.</summary>
    public long Milliseconds => (To - From).Ticks / TimeSpan.TicksPerMillisecond;

    public long RunningMilliseconds => Phase == MeterPhase.Running ? Milliseconds : 0;

    public MilliWei Used => MilliWei.Of(Rate, Milliseconds);

    /// <summary>What of it lies before <paramref name="at"/>; null where nothing does.</summary>
    public UsageInterval? Before(DateTimeOffset at)
    {
        var border = MeterTime.Whole(at);
        return border <= From ? null : border < To ? this with { To = border } : this;
    }
}

using Gateway.Domain.Money;

namespace Gateway.Domain.Metering;

public enum MeterPhase
{
    Unspecified = 0,

    /// <summary>Nothing is metered: the VM was never reported running, or it ended.</summary>
    Stopped = 1,

    /// <summary>At the lease's price.</summary>
    Running = 2,

    /// <summary>At the paused rate.</summary>
    Paused = 3,
}

/// <summary>What a VM used, to the millisecond, from the scheduler's execution reports alone: without a report it stands still.</summary>
/// <param name="Since">Start of the present phase; everything before it is in <paramref name="RunningMilliseconds"/> and <paramref name="Used"/>.</param>
/// <param name="Rate">What the present phase costs.</param>
public sealed record Meter(MeterPhase Phase, DateTimeOffset Since, FlowRate Rate, long RunningMilliseconds, MilliWei Used)
{
    public static readonly Meter Stopped = new(MeterPhase.Stopped, DateTimeOffset.UnixEpoch, FlowRate.Zero, 0, MilliWei.Zero);

    /// <summary>Ends the present phase at <paramref name="at"/> and begins another. A report older than the phase's start changes nothing before it.</summary>
    public Meter Enter(MeterPhase phase, FlowRate rate, DateTimeOffset at)
    {
        var settled = SettledAt(at);
        return settled with { Phase = phase, Rate = rate };
    }

    /// <summary>The meter as it reads at <paramref name="now"/>, without a change of phase.</summary>
    public Meter SettledAt(DateTimeOffset now)
    {
        var at = now > Since ? Truncate(now) : Since;
        var elapsed = (long)(at - Since).TotalMilliseconds;
        return Phase switch
        {
            MeterPhase.Running => this with { Since = at, RunningMilliseconds = RunningMilliseconds + elapsed, Used = Used + MilliWei.Of(Rate, elapsed) },
            MeterPhase.Paused => this with { Since = at, Used = Used + MilliWei.Of(Rate, elapsed) },
            MeterPhase.Stopped or MeterPhase.Unspecified => this with { Since = at },
        };
    }

    // Whole milliseconds: a fraction would be lost at each change of phase, here it is never gained.
    private static DateTimeOffset Truncate(DateTimeOffset at) => DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
}

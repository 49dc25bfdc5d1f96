namespace Gateway.Domain.Leases;

/// <summary>What the time that passes does to a lease's grace. Numbers are those of the store: append only.</summary>
public enum GraceMode
{
    Unspecified = 0,

    /// <summary>Nothing: it waits for us or for an operator's hand, or nothing of its grace is spent.</summary>
    Idle = 1,

    /// <summary>Paused for its payer's sake.</summary>
    Spending = 2,

    /// <summary>Runs, paid: what was spent comes back, second for second.</summary>
    Earning = 3,
}

/// <summary>How much of its grace a lease has spent: a level that survives restarts, not the length of the present pause alone.</summary>
/// <remarks>A short top-up earns back no more than it pays for, so that cycles of draining and topping up come to an end (decision 12).</remarks>
/// <param name="Since">Start of the present mode; everything before it is in <paramref name="Spent"/>.</param>
/// <param name="Spent">Never negative.</param>
public sealed record GraceClock(GraceMode Mode, DateTimeOffset Since, TimeSpan Spent)
{
    public static readonly GraceClock Untouched = new(GraceMode.Idle, DateTimeOffset.UnixEpoch, TimeSpan.Zero);

    public TimeSpan SpentAt(DateTimeOffset now)
    {
        var elapsed = now > Since ? now - Since : TimeSpan.Zero;
        return Mode switch
        {
            GraceMode.Spending => Spent + elapsed,
            GraceMode.Earning => elapsed < Spent ? Spent - elapsed : TimeSpan.Zero,
            GraceMode.Idle or GraceMode.Unspecified => Spent,
        };
    }

    /// <summary>When the grace will be used up while nothing changes; null: it is not being spent.</summary>
    public DateTimeOffset? EndsAt(TimeSpan grace) => Mode == GraceMode.Spending ? Since + (grace > Spent ? grace - Spent : TimeSpan.Zero) : null;

    /// <summary>Ends the present mode at <paramref name="at"/> and begins another. An instant before the mode's start changes nothing before it.</summary>
    public GraceClock Enter(GraceMode mode, DateTimeOffset at)
    {
        var spent = SpentAt(at);
        if (mode != GraceMode.Spending && spent == TimeSpan.Zero)
            return Untouched;
        return mode == Mode ? this : new GraceClock(mode, at > Since ? at : Since, spent);
    }
}

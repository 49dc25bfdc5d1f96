using Gateway.Domain.Money;

namespace Gateway.Domain.Metering;

/// <summary>One report of what a VM did, as the meter keeps it.</summary>
/// <param name="At">From when on it counts: whole milliseconds, not before the lease was opened, not after it was told.</param>
/// <param name="Told">The same by the scheduler's clock. It alone says which of two reports is the newer one.</param>
public sealed record PhaseMark(DateTimeOffset At, DateTimeOffset Told, MeterPhase Phase)
{
    /// <summary>Taken for so, and not told by anybody: whatever is told overrides it.</summary>
    public static PhaseMark Assumed(DateTimeOffset at, MeterPhase phase) => new(at, DateTimeOffset.MinValue, phase);

    /// <summary>Of two reports of one instant the one that costs less holds, whichever came first: stopped over paused over running.</summary>
    internal static int Weight(MeterPhase phase) => phase switch
    {
        MeterPhase.Running => 0,
        MeterPhase.Paused => 1,
        MeterPhase.Stopped or MeterPhase.Unspecified => 2,
    };
}

/// <summary>What a VM costs in each phase.</summary>
/// <param name="Paused">What its storage costs while it is paused.</param>
/// <param name="IsCutOff">Nothing is paid while it is paused: its account neared its critical second.</param>
public sealed record MeterPrice(FlowRate Running, FlowRate Paused, bool IsCutOff)
{
    public static readonly MeterPrice Nothing = new(FlowRate.Zero, FlowRate.Zero, IsCutOff: false);

    public FlowRate Of(MeterPhase phase) => phase switch
    {
        MeterPhase.Running => Running,
        MeterPhase.Paused => IsCutOff ? FlowRate.Zero : Paused,
        MeterPhase.Stopped or MeterPhase.Unspecified => FlowRate.Zero,
    };
}

/// <param name="At">From when on it holds: whole milliseconds.</param>
public sealed record PriceMark(DateTimeOffset At, MeterPrice Price);

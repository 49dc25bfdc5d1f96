using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Configuration;

/// <summary><c>Gateway:Settlement</c>: what a change of a flow may cost. Read anew at every step, so that it can be tuned while it runs.</summary>
internal sealed class SettlementOptions
{
    public const string Section = "Gateway:Settlement";

    /// <summary>The most that one UTC day may cost, in nAVAX (10^-9 AVAX). 1 to 9·10^15, default 10^10: 10 AVAX.</summary>
    public long DailyBudgetNavax { get; set; } = 10_000_000_000;

    /// <summary>How much of a block's gas one transaction may ask for. 1 to 50 %, default 30.</summary>
    public int BlockGasSharePercent { get; set; } = 30;

    /// <summary>The most that a gas may cost, by urgency.</summary>
    public CeilingOptions CeilingNavax { get; set; } = new();

    /// <summary>Priority fee per gas, in wei. 1 to 10^12, default 50,000,000: 0.05 nAVAX.</summary>
    public long TipWei { get; set; } = 50_000_000;

    /// <summary>How long a change may wait for others to share an operation with, in a burst. 0 to 10 s, default 3 s; one that comes alone does not wait, nor does what is urgent.</summary>
    public TimeSpan CoalescingWindow { get; set; } = TimeSpan.FromSeconds(3);

    public FeePolicy ToFeePolicy() => FeePolicy.Default with { Tip = Wei.From(TipWei), Ceilings = CeilingNavax.ToCeilings() };
}

/// <summary>nAVAX per gas, 1 to 10^6 each.</summary>
internal sealed class CeilingOptions
{
    /// <summary>Somebody loses money while it waits. Default 300.</summary>
    public int StopLoss { get; set; } = 300;

    /// <summary>Default 50.</summary>
    public int Open { get; set; } = 50;

    /// <summary>Default 100.</summary>
    public int Raise { get; set; } = 100;

    /// <summary>Default 100.</summary>
    public int Lower { get; set; } = 100;

    /// <summary>Default 25.</summary>
    public int Trim { get; set; } = 25;

    public FeeCeilings ToCeilings() => new(Gwei(StopLoss), Gwei(Open), Gwei(Raise), Gwei(Lower), Gwei(Trim));

    private static Wei Gwei(int navax) => Wei.FromGwei((ulong)navax);
}

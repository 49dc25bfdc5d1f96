using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Server.Configuration;

namespace Gateway.Server.Settlement;

/// <summary>What whoever is on call has set by hand, for the lane and whichever replica leads it. It stands above the configuration until it is taken back.</summary>
/// <param name="DailyBudgetNavax">Null: as configured.</param>
/// <param name="CeilingNavax">Per gas, of the kinds of changes that are set; the others are as configured.</param>
/// <param name="IsPaused">Nothing new is planned; what is under way is brought to its end.</param>
internal sealed record LaneLimits(long? DailyBudgetNavax, ImmutableSortedDictionary<Urgency, int> CeilingNavax, bool IsPaused)
{
    public static readonly LaneLimits None = new(DailyBudgetNavax: null, ImmutableSortedDictionary<Urgency, int>.Empty, IsPaused: false);

    public SettlementOptions Over(SettlementOptions configured) => new()
    {
        DailyBudgetNavax = DailyBudgetNavax ?? configured.DailyBudgetNavax,
        BlockGasSharePercent = configured.BlockGasSharePercent,
        TipWei = configured.TipWei,
        CoalescingWindow = configured.CoalescingWindow,
        CeilingNavax = new CeilingOptions
        {
            StopLoss = CeilingOf(Urgency.StopLoss, configured.CeilingNavax.StopLoss),
            Open = CeilingOf(Urgency.Open, configured.CeilingNavax.Open),
            Raise = CeilingOf(Urgency.Raise, configured.CeilingNavax.Raise),
            Lower = CeilingOf(Urgency.Lower, configured.CeilingNavax.Lower),
            Trim = CeilingOf(Urgency.Trim, configured.CeilingNavax.Trim),
        },
    };

    private int CeilingOf(Urgency urgency, int configured) => CeilingNavax.GetValueOrDefault(urgency, configured);
}

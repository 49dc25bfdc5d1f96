using System.Collections.Immutable;
using System.Globalization;
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

    /// <summary>When somebody set them last, also where that was lost since; null: nobody did.</summary>
    public DateTimeOffset? SetAt { get; init; }

    /// <summary>Since when it is known that Redis has forgotten what was set last; null: it has not.</summary>
    public DateTimeOffset? LostAt { get; init; }

    /// <summary>Whether a store that has these now had <paramref name="seen"/> before, and has lost them without saying so yet.</summary>
    public bool HasForgotten(LaneLimits seen)
    {
        if (LostAt is not null || !(SetAt is null ? seen.SetAt is not null : SetAt < seen.SetAt))
            return false;
        // Nothing is missed where nothing was set, and nothing has come back.
        return seen.SaysAnything || seen.LostAt is not null || SaysAnything;
    }

    private bool SaysAnything => DailyBudgetNavax is not null || !CeilingNavax.IsEmpty || IsPaused;

    public override string ToString() =>
        $"ceilings [{string.Join(", ", CeilingNavax.Select(c => $"{c.Key} {c.Value} nAVAX"))}], budget {DailyBudgetNavax?.ToString(CultureInfo.InvariantCulture) ?? "as configured"}, {(IsPaused ? "paused" : "not paused")}";

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

using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;

namespace Gateway.Server.Settlement;

/// <summary>How the lane stands, for people.</summary>
/// <param name="Leader">"owner|epoch" of whichever replica leads; null where none does.</param>
/// <param name="Balance">The operator's native coin; null where the chain is silent.</param>
/// <param name="NextNonce">Null where the chain is silent and no slot is open.</param>
/// <param name="GasSpentToday">What was paid, and the worst case of what is open.</param>
/// <param name="GasAssumedToday">What it may have been beyond that, since Redis was lost and the chain did not tell it all yet.</param>
/// <param name="CeilingNavax">In force now.</param>
/// <param name="IsPaused">By hand.</param>
/// <param name="LimitsLostAt">When Redis was found to have forgotten what was set by hand; null: it has not, or it was set again.</param>
/// <param name="Troubles">Of this process's loop.</param>
internal sealed record LaneReport(
    Address Operator,
    string? Leader,
    Wei? Balance,
    Nonce? NextNonce,
    long DirtyFlows,
    TimeSpan? OldestDirty,
    IReadOnlyList<OpenSlot> OpenSlots,
    Wei GasSpentToday,
    Wei GasAssumedToday,
    Wei GasBudgetToday,
    CeilingOptions CeilingNavax,
    bool IsPaused,
    DateTimeOffset? LimitsLostAt,
    IReadOnlyCollection<TroubleState> Troubles);

/// <summary>Looks at the lane without taking part in it.</summary>
internal sealed class LaneStatus(
    LaneFiguresReader figures, LanePorts ports, LimitsWatch watch, LaneTroubles troubles, InvariantsOfProgress progress, SettlementMetrics metrics)
{
    private const ulong WeiPerNavax = 1_000_000_000;
    private const double NavaxPerAvax = 1e9;

    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<LaneReport> ReadAsync(CancellationToken cancellationToken)
    {
        var asking = HeadAsync(cancellationToken);
        var reading = ports.Lane.OpenSlotsAsync(cancellationToken);
        var (limits, inForce) = await watch.ReadAsync(cancellationToken);
        var lane = await figures.ReadAsync(ports.Now, cancellationToken);
        var (head, slots) = (await asking, await reading);
        return new LaneReport(
            ports.Vehicle.Operator,
            lane.Leader,
            head?.Balance,
            slots.Count > 0 ? slots[^1].Nonce.Next : head?.Consumed,
            lane.DirtyFlows,
            ports.Now - lane.OldestDirtyAt,
            slots,
            Navax(lane.SpentNavax),
            Navax(lane.AssumedNavax),
            Navax(inForce.DailyBudgetNavax),
            inForce.CeilingNavax,
            limits.IsPaused,
            limits.LostAt,
            troubles.Present);
    }

    /// <summary>Brings the gauges up to date; who does not lead shows none.</summary>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task ShowAsync(LaneHead? head, CancellationToken cancellationToken)
    {
        // Also where another replica leads: only who has seen what was set by hand can miss it.
        var (_, inForce) = await watch.ReadAsync(cancellationToken);
        if (head is null)
        {
            metrics.Show(gauges: null);
            progress.Clear();
            return;
        }

        var lane = await figures.ReadAsync(ports.Now, cancellationToken);
        var slots = await ports.Lane.OpenSlotsAsync(cancellationToken);
        metrics.Show(new LaneGauges(
            slots.Count,
            lane.DirtyFlows,
            lane.OldestDirtyAt,
            head.Balance.ToNanoCeiling() / NavaxPerAvax,
            (inForce.DailyBudgetNavax - lane.SpentNavax) / NavaxPerAvax));
        await progress.LookAsync(slots, lane.OldestDirtyAt, cancellationToken);
    }

    private async Task<LaneHead?> HeadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ports.Chain.HeadAsync(cancellationToken);
        }
        catch (ChainException)
        {
            return null; // Told as such: what Redis knows is worth showing all the same.
        }
    }

    private static Wei Navax(long navax) => Wei.From(navax) * WeiPerNavax;
}

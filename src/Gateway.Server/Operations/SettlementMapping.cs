using Gateway.Chain.Signing;
using Gateway.Server.Configuration;
using Gateway.Server.Settlement;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>The lane as the wire has it. What the chain would have to tell, and does not, is left empty.</summary>
internal static class SettlementMapping
{
    public static Wire.Lane ToWire(LaneReport lane)
    {
        var wire = new Wire.Lane
        {
            Operator = Eip55.Format(lane.Operator),
            Leader = lane.Leader ?? "",
            NativeBalance = lane.Balance?.ToDecimal() ?? "",
            NextNonce = lane.NextNonce?.Value ?? 0,
            DirtyFlows = (uint)lane.DirtyFlows,
            GasSpentToday = lane.GasSpentToday.ToDecimal(),
            GasBudgetToday = lane.GasBudgetToday.ToDecimal(),
            GasSpentAssumed = lane.GasAssumedToday.ToDecimal(),
        };
        if (lane.OldestDirty is { } oldest)
            wire.OldestDirty = Duration.FromTimeSpan(oldest > TimeSpan.Zero ? oldest : TimeSpan.Zero);
        wire.Ceilings = ToWire(lane.CeilingNavax);
        wire.Paused = lane.IsPaused;
        wire.LimitsLostAt = lane.LimitsLostAt?.ToTimestamp();
        wire.Troubles.AddRange(lane.Troubles.Select(t => new Wire.LaneTrouble { Kind = t.Trouble.ToString(), Detail = t.Detail, Since = t.Since.ToTimestamp() }));
        wire.OpenSlots.AddRange(lane.OpenSlots.Select(ToWire));
        return wire;
    }

    private static Wire.GasCeilings ToWire(CeilingOptions ceilings) => new()
    {
        StopLoss = (uint)ceilings.StopLoss,
        Open = (uint)ceilings.Open,
        Raise = (uint)ceilings.Raise,
        Lower = (uint)ceilings.Lower,
        Trim = (uint)ceilings.Trim,
    };

    private static Wire.OpenSlot ToWire(OpenSlot slot) => new()
    {
        Nonce = slot.Nonce.Value,
        // "reserved" before the first attempt, then the newest attempt's kind: "first", "bump", "amend", "cancel".
        State = slot.Newest?.Kind.ToString().ToLowerInvariant() ?? "reserved",
        Flows = (uint)slot.Plan.Flows.Length,
        Attempts = { slot.Attempts.Select(a => a.Batch.Hash.ToString()) },
        OpenedAt = slot.At.ToTimestamp(),
    };
}

using System.Diagnostics.Metrics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Settlement;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Settlement;

/// <summary>How far a change of a flow has come, counted from when its account marked it.</summary>
internal enum ChangeStage
{
    Reserved,
    Written,
    Sent,
    Included,
    Verified,
}

/// <summary>How the lane stands, as gauges show it. Only its leader shows it.</summary>
/// <param name="OldestDirtyAt">Null where nothing waits.</param>
internal sealed record LaneGauges(int OpenSlots, long DirtyFlows, DateTimeOffset? OldestDirtyAt, double BalanceAvax, double BudgetRemainingAvax);

/// <summary>Slots, attempts, gas, in numbers. One method per event.</summary>
/// <remarks>Tags are enums: a flow, an address or a hash as a tag would make one time series each.</remarks>
internal sealed class SettlementMetrics
{
    private const double NavaxPerAvax = 1e9;

    private readonly TimeProvider _time;
    private readonly Histogram<double> _changes;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _sends;
    private readonly Counter<long> _outcomes;
    private readonly Counter<long> _failures;
    private readonly Counter<double> _gas;
    private readonly Counter<long> _held;
    private readonly Counter<long> _leaders;
    private readonly Counter<long> _troubles;
    private readonly Counter<long> _broken;

    private readonly Counter<long> _regressions;

    private LaneGauges? _gauges;

    public SettlementMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(GatewayTelemetry.SourceName);
        _changes = meter.CreateHistogram<double>(GatewayTelemetry.Instruments.FlowChangeDuration, "s", "From the mark of a flow's change to a stage of its settlement.");
        _attempts = meter.CreateCounter<long>(GatewayTelemetry.Instruments.AttemptSent, "{attempt}", "Signed transactions written down and handed out.");
        _sends = meter.CreateCounter<long>(GatewayTelemetry.Instruments.SendResults, "{answer}", "What the endpoints together said to signed bytes, repetitions too.");
        _outcomes = meter.CreateCounter<long>(GatewayTelemetry.Instruments.SlotOutcomes, "{slot}", "How nonces were consumed. Foreign: by a transaction of which we know nothing.");
        _failures = meter.CreateCounter<long>(GatewayTelemetry.Instruments.SimulationFailures, "{step}", "Changes that the chain would refuse, by whose matter it is.");
        _gas = meter.CreateCounter<double>(GatewayTelemetry.Instruments.GasSpent, "AVAX", "Really paid, as receipts say.");
        _held = meter.CreateCounter<long>(GatewayTelemetry.Instruments.FlowHeld, "{flow}", "Due flows that a step left waiting on purpose.");
        _leaders = meter.CreateCounter<long>(GatewayTelemetry.Instruments.LeaderChanges, "{change}", "Leaderships that this process won or lost.");
        _broken = meter.CreateCounter<long>(GatewayTelemetry.Instruments.InvariantViolations, "{violation}", "Invariants of settlement that did not hold. If it's anything but 0, somebody has to look.");
        _troubles = meter.CreateCounter<long>(GatewayTelemetry.Instruments.LaneTroubles, "{trouble}", "Troubles of the lane that began.");
        _regressions = meter.CreateCounter<long>(GatewayTelemetry.Instruments.RedisRegressions, "{regression}", "Times that Redis was found to have gone back, by what told it.");
        Observe(meter, GatewayTelemetry.Instruments.SlotOpen, "{slot}", "Nonces in use.", g => g.OpenSlots);
        Observe(meter, GatewayTelemetry.Instruments.FlowDirty, "{flow}", "Flows that are not where they should be.", g => g.DirtyFlows);
        Observe(meter, GatewayTelemetry.Instruments.FlowDirtyOldest, "s", "Age of the oldest unsettled change.", Age);
        Observe(meter, GatewayTelemetry.Instruments.OperatorBalance, "AVAX", "Native coin of the operator: what gas is paid from.", g => g.BalanceAvax);
        Observe(meter, GatewayTelemetry.Instruments.GasBudgetRemaining, "AVAX", "What the day's budget has left.", g => g.BudgetRemainingAvax);
    }

    /// <summary>Null: this process does not lead.</summary>
    public void Show(LaneGauges? gauges) => Volatile.Write(ref _gauges, gauges);

    public void Reached(ChangeStage stage, Urgency urgency, TimeSpan sinceMarked) =>
        _changes.Record(Math.Max(0, sinceMarked.TotalSeconds), Tag("stage", stage), Tag("urgency", urgency));

    public void AttemptSent(AttemptKind kind) => _attempts.Add(1, Tag("kind", kind));

    public void Sent(Broadcast result) => _sends.Add(1, Tag("class", result));

    public void Closed(SlotOutcome outcome, long? paidNavax)
    {
        _outcomes.Add(1, Tag("outcome", outcome));
        if (paidNavax is { } paid)
            _gas.Add(paid / NavaxPerAvax);
    }

    public void Failed(FailureOwner owner) => _failures.Add(1, Tag("owner", owner));

    public void Held(LaneTrouble why, int flows) => _held.Add(flows, Tag("why", why));

    public void LeaderChanged(bool won) => _leaders.Add(1, new KeyValuePair<string, object?>("won", won));

    public void Regressed(RegressionSign sign) => _regressions.Add(1, Tag("sign", sign));

    public void Broke(Invariant invariant) => _broken.Add(1, Tag("invariant", invariant));

    public void Began(LaneTrouble trouble) => _troubles.Add(1, Tag("trouble", trouble));

    private double Age(LaneGauges gauges) =>
        gauges.OldestDirtyAt is { } at ? Math.Max(0, (_time.GetUtcNow() - at).TotalSeconds) : 0;

    private void Observe(Meter meter, string name, string unit, string description, Func<LaneGauges, double> value) => meter.CreateObservableGauge(
        name, () => Volatile.Read(ref _gauges) is { } gauges ? [new Measurement<double>(value(gauges))] : Array.Empty<Measurement<double>>(), unit, description);

    private static KeyValuePair<string, object?> Tag<TEnum>(string key, TEnum value)
        where TEnum : struct, Enum => new(key, Enum.GetName(value));
}

using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Workers;

/// <summary>A loop as it is now.</summary>
/// <param name="At">When it last finished a step; where it never began, when the process did.</param>
/// <param name="IsStill">It has finished no step for longer than any may take.</param>
/// <param name="Failing">What its last step failed on; null where it did not.</param>
internal sealed record LoopState(string Name, DateTimeOffset At, bool HasBegun, bool IsStill, string? Failing);

/// <summary>Which loops stand still: those that are expected, and whatever else has begun.</summary>
internal sealed class LoopWatch
{
    /// <summary>Far above the longest step.</summary>
    public static readonly TimeSpan Stale = TimeSpan.FromSeconds(30);

    private readonly Heartbeats _heartbeats;
    private readonly Loops _loops;
    private readonly TimeProvider _time;

    public LoopWatch(Heartbeats heartbeats, Loops loops, IMeterFactory meters, TimeProvider time)
    {
        (_heartbeats, _loops, _time) = (heartbeats, loops, time);
        var meter = meters.Create(GatewayTelemetry.SourceName);
        // Names of loops are fixed, and those of endpoints come from the configuration: a bounded set.
        meter.CreateObservableGauge(
            GatewayTelemetry.Instruments.LoopStill, () => Measure(l => l.IsStill ? 1 : 0), "{loop}", "1 for a loop that has finished no step for half a minute, or never began.");
        meter.CreateObservableGauge(
            GatewayTelemetry.Instruments.LoopAge, () => Measure(l => Math.Max(0, (_time.GetUtcNow() - l.At).TotalSeconds)), "s", "Since each loop has finished a step.");
    }

    public IReadOnlyList<LoopState> Snapshot()
    {
        var beats = _heartbeats.Snapshot();
        var oldest = _time.GetUtcNow() - Stale;
        return [.. _loops.Expected.Union(beats.Keys, StringComparer.Ordinal).Select(StateOf)];

        LoopState StateOf(string loop) => beats.TryGetValue(loop, out var beat)
            ? new LoopState(loop, beat.At, HasBegun: true, beat.At < oldest, beat.Failing)
            : new LoopState(loop, _heartbeats.Since, HasBegun: false, _heartbeats.Since < oldest, Failing: null);
    }

    private IEnumerable<Measurement<T>> Measure<T>(Func<LoopState, T> figure)
        where T : struct => Snapshot().Select(l => new Measurement<T>(figure(l), new KeyValuePair<string, object?>("loop", l.Name)));
}

using System.Collections.Concurrent;

namespace Gateway.Server.Workers;

/// <summary>When each worker last finished a step. A loop that stopped silently is the worst incident of the neighbours (incidents.md §1.3).</summary>
internal sealed class Heartbeats(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Heartbeat> _beats = new(StringComparer.Ordinal);

    public Heartbeat Register(string worker) => _beats.GetOrAdd(worker, _ => new Heartbeat(time));

    /// <summary>Every worker with its last beat and what it fails on, if it does.</summary>
    public IReadOnlyList<(string Worker, DateTimeOffset At, string? Failing)> Snapshot() => [.. _beats.Select(b => (b.Key, b.Value.At, b.Value.Failing))];

    internal sealed class Heartbeat(TimeProvider time)
    {
        public DateTimeOffset At { get; private set; } = time.GetUtcNow();

        public string? Failing { get; private set; }

        public void Beat(string? failing)
        {
            Failing = failing;
            At = time.GetUtcNow();
        }
    }
}

using System.Collections.Concurrent;

namespace Gateway.Server.Workers;

/// <summary>When each loop last finished a step. A loop that stopped silently is the worst incident of the neighbours (incidents.md §1.3).</summary>
internal sealed class Heartbeats(TimeProvider time)
{
    private readonly ConcurrentDictionary<Heartbeat, string> _beats = new();

    /// <summary>When the process began: a loop that never began stands still since then.</summary>
    public DateTimeOffset Since { get; } = time.GetUtcNow();

    /// <param name="loop">Its fixed name; several loops may have one, and the name then stands for the slowest of them.</param>
    public Heartbeat Begin(string loop)
    {
        var beat = new Heartbeat(this, time);
        _beats[beat] = loop;
        return beat;
    }

    /// <summary>Every loop that has begun, with its last beat and what it fails on, if it does. One that waits for somebody else has just beaten.</summary>
    public IReadOnlyDictionary<string, (DateTimeOffset At, string? Failing)> Snapshot()
    {
        var now = time.GetUtcNow();
        return _beats.GroupBy(b => b.Value, b => b.Key, StringComparer.Ordinal).ToDictionary(
            loop => loop.Key,
            loop => (loop.Min(b => b.IsWaiting ? now : b.At), loop.Select(b => b.Failing).FirstOrDefault(f => f is not null)),
            StringComparer.Ordinal);
    }

    /// <summary>One loop's. Disposed of, the loop has ended as it should: nobody waits for it any more.</summary>
    internal sealed class Heartbeat(Heartbeats owner, TimeProvider time) : IDisposable
    {
        private long _at = time.GetUtcNow().UtcTicks;

        public DateTimeOffset At => new(Volatile.Read(ref _at), TimeSpan.Zero);

        public string? Failing { get; private set; }

        /// <summary>It waits for somebody outside, who may take his time: that it does not beat meanwhile is not its fault.</summary>
        public bool IsWaiting { get; private set; }

        public void Beat(string? failing)
        {
            (Failing, IsWaiting) = (failing, false);
            Volatile.Write(ref _at, time.GetUtcNow().UtcTicks);
        }

        public void WaitForOthers() => IsWaiting = true;

        public void Dispose() => owner._beats.TryRemove(this, out _);
    }
}

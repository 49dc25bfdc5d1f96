using System.Collections.Immutable;
using Gateway.Server.Storage;

namespace Gateway.Server.Settlement;

/// <summary>I12: what is dirty gets clean, what is open gets closed, what the chain shows is followed. Where it does not, somebody has to look.</summary>
internal sealed class InvariantsOfProgress(WatcherCursorStore cursors, LaneMemory memory, Invariants invariants)
{
    /// <summary>A flow that cannot be settled waits 10 minutes at a time; whoever is at fault has been told long before.</summary>
    private static readonly TimeSpan LongestDirty = TimeSpan.FromMinutes(30);

    /// <summary>Congestion as bad as that of two minutes' growth, several times over.</summary>
    private static readonly TimeSpan LongestOpen = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LongestLag = TimeSpan.FromMinutes(2);

    private ImmutableSortedDictionary<string, string> _late = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>What does not get on, for people. Empty where all does, and where this process does not lead.</summary>
    public IReadOnlyCollection<string> Late => [.. Volatile.Read(ref _late).Values];

    /// <summary>This process does not lead: it is for another one to tell.</summary>
    public void Clear() => Volatile.Write(ref _late, ImmutableSortedDictionary<string, string>.Empty);

    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task LookAsync(IReadOnlyList<OpenSlot> slots, DateTimeOffset? oldestDirty, CancellationToken cancellationToken)
    {
        var now = memory.Time.GetUtcNow();
        var cursor = await cursors.ReadAsync(cancellationToken);
        var late = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (now - oldestDirty > LongestDirty)
            late["flow"] = $"A flow has not been where it should be since {oldestDirty:u}.";
        if (slots.Count > 0 && now - slots[0].At > LongestOpen)
            late["slot"] = $"Nonce {slots[0].Nonce} has been in use since {slots[0].At:u}.";
        // Where nobody has followed anything yet there is nothing to be late with.
        if (cursor is not null && memory.Head is { } head && head.Block.Number > cursor.Number
            && memory.Pace.BlockTime * (head.Block.Number.Value - cursor.Number.Value) > LongestLag)
        {
            late["watcher"] = $"The chain is followed up to block {cursor.Number}; it is at {head.Block.Number}.";
        }

        // Once for each that begins, or a metric would count looks.
        foreach (var (what, text) in late.Where(l => !_late.ContainsKey(l.Key)))
            invariants.Check(Invariant.I12, holds: false, () => $"{what}: {text}");
        Volatile.Write(ref _late, late.ToImmutable());
    }
}

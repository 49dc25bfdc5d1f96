using System.Collections.Concurrent;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>What the loop remembers between two steps. All of it may be forgotten at any time: it saves repetitions, it decides nothing.</summary>
internal sealed class LaneMemory(TimeProvider time)
{
    private readonly Dictionary<Hash32, Sending> _sendings = [];

    private HashSet<AccountKey> _held = [];
    private DateTimeOffset? _ripeAt;

    public TimeProvider Time => time;

    public ChainPace Pace { get; } = new();

    public ConsumptionWitness Witness { get; } = new();

    /// <summary>Accounts of which something was verified and that have not looked at it yet, with the number of fruitless tries.</summary>
    public ConcurrentDictionary<AccountKey, int> Unevaluated { get; } = [];

    /// <summary>The lowest nonce that is not known to be consumed: a node that says less is behind.</summary>
    public Nonce HighWater { get; private set; }

    /// <summary>The highest nonce that this process has bound; null: none yet.</summary>
    public Nonce? TopBound { get; private set; }

    /// <summary>Bids at least this for a nonce of which bytes may be in a pool that nobody here knows any more; null: none may be.</summary>
    public FeeOffer? UnknownBid { get; set; }

    /// <summary>As last seen; null before the first look.</summary>
    public LaneHead? Head { get; private set; }

    /// <summary>Nothing is planned before.</summary>
    public DateTimeOffset PausedUntil { get; set; } = DateTimeOffset.MinValue;

    /// <summary>Only what is urgent is planned before.</summary>
    public DateTimeOffset OnlyUrgentUntil { get; set; } = DateTimeOffset.MinValue;

    /// <summary>When a change was last taken over from an account.</summary>
    public DateTimeOffset NewestMarkAt { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>Whether that was part of a burst.</summary>
    public bool IsInBurst { get; private set; }

    /// <summary>Something waits for others until then.</summary>
    public void RipensAt(DateTimeOffset? at) => _ripeAt = at;

    /// <summary>When the first of what the last step left waiting has waited long enough; null: it left nothing. Told once, since the next step looks anew.</summary>
    public DateTimeOffset? TakeRipeAt()
    {
        var at = _ripeAt;
        _ripeAt = null;
        return at;
    }

    /// <summary>Changes of so many accounts were taken over.</summary>
    public void Marked(int accounts)
    {
        var now = time.GetUtcNow();
        IsInBurst = Coalescing.IsBurst(NewestMarkAt, now, accounts);
        NewestMarkAt = now;
    }

    public void Saw(LaneHead head)
    {
        Head = head;
        Pace.Saw(head.Block.Number, head.Block.Time, head.BaseFee);
        SawConsumed(head.Consumed);
    }

    /// <summary>Bytes for this nonce are written down: it is never given back.</summary>
    public void Bound(Nonce nonce) => (TopBound, UnknownBid) = (nonce, null);

    /// <summary>The store has lost what was bound: it begins anew.</summary>
    public void Unbind() => TopBound = null;

    public void MustLook(AccountKey account) => Unevaluated.TryAdd(account, 0);

    /// <summary>Accounts of which something waits for the price of gas: those that begin to wait, and those that no longer do, show it by a look.</summary>
    public void Holds(IEnumerable<AccountKey> accounts)
    {
        var held = accounts.ToHashSet();
        foreach (var account in held.Except(_held).Concat(_held.Except(held)))
            MustLook(account);
        _held = held;
    }

    public void SawConsumed(Nonce next)
    {
        if (next.Value > HighWater.Value)
            HighWater = next;
    }

    public void Sent(Hash32 hash, Broadcast result) => _sendings[hash] = new Sending(time.GetTimestamp(), result);

    /// <returns>Null: not since this process started.</returns>
    public TimeSpan? SinceSent(Hash32 hash) => _sendings.TryGetValue(hash, out var sending) ? time.GetElapsedTime(sending.At) : null;

    public Broadcast? LastResult(Hash32 hash) => _sendings.TryGetValue(hash, out var sending) ? sending.Result : null;

    /// <summary>A slot has ended.</summary>
    public void Forget(OpenSlot slot)
    {
        foreach (var attempt in slot.Attempts)
            _sendings.Remove(attempt.Batch.Hash);
    }

    private sealed record Sending(long At, Broadcast Result);
}

using Gateway.Domain.Identity;

namespace Gateway.Server.Settlement;

/// <summary>Holds what this process sees of its lane to I1 to I11. It knows only what passes by, so it doubts itself first: what it cannot know it lets pass.</summary>
internal sealed class InvariantsOfSlots(Invariants invariants)
{
    /// <summary>Flows that are remembered; beyond that it begins anew.</summary>
    private const int MostFlows = 10_000;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<ulong, OpenSlot> _open = [];
    private readonly Dictionary<Hash32, ulong> _written = [];
    private readonly Dictionary<ulong, Hash32> _executed = [];
    private readonly Dictionary<FlowKey, ulong> _wanted = [];
    private readonly Dictionary<FlowKey, ulong> _verified = [];
    private ulong _consumed;
    private ulong _epoch;

    /// <summary>Redis went back in time: nothing that was seen of it counts.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _open.Clear();
            _written.Clear();
            _executed.Clear();
            _wanted.Clear();
            _verified.Clear();
        }
    }

    public void Wants(FlowKey flow, ulong generation)
    {
        lock (_lock)
            Remember_NeedsLock(_wanted, flow, generation);
    }

    public void Read(IReadOnlyList<OpenSlot> slots)
    {
        lock (_lock)
        {
            // A process that does not lead hears of no end: what is below the lowest open one is over.
            Purge_NeedsLock(slots.Count > 0 ? slots[0].Nonce.Value : _consumed);
            foreach (var (lower, upper) in slots.Zip(slots.Skip(1)))
                invariants.Check(Invariant.I5, upper.Nonce == lower.Nonce.Next, () => $"open are {lower.Nonce} and {upper.Nonce}, and nothing between them");
            var twice = slots.SelectMany(s => s.Plan.Flows).GroupBy(f => f.Flow).FirstOrDefault(g => g.Count() > 1);
            invariants.Check(Invariant.I4, twice is null && slots.Count <= SlotOpener.MostOpen, () => $"{slots.Count} slots are open, {twice?.Key} is in several");
            foreach (var slot in slots.Where(s => s.Nonce.Value >= _consumed || s.Attempts.Length > 0))
            {
                _open[slot.Nonce.Value] = slot;
                foreach (var attempt in slot.Attempts)
                    _written[attempt.Batch.Hash] = slot.Nonce.Value;
            }
        }
    }

    public void Reserved(string token, Nonce nonce, SlotPlan plan)
    {
        lock (_lock)
        {
            Leads_NeedsLock(token);
            var bound = _open.GetValueOrDefault(nonce.Value);
            invariants.Check(Invariant.I2, bound is null or { Attempts.IsEmpty: true }, () => $"nonce {nonce} was reserved again after {bound!.Attempts.Length} attempts");
            var isNext = nonce.Value <= _consumed || _open.ContainsKey(nonce.Value - 1);
            invariants.Check(Invariant.I3, isNext, () => $"nonce {nonce} was reserved, consumed are {_consumed}");
            foreach (var flow in plan.Flows)
            {
                var wanted = _wanted.GetValueOrDefault(flow.Flow);
                invariants.Check(Invariant.I6, flow.Generation >= wanted, () => $"{flow.Flow} was reserved at generation {flow.Generation}, wanted is {wanted}");
            }

            _open[nonce.Value] = new OpenSlot(nonce, default, plan, []);
        }
    }

    public void Written(string token, Nonce nonce, SlotAttempt attempt, SlotPlan? amended, long cap)
    {
        lock (_lock)
        {
            Leads_NeedsLock(token);
            _written[attempt.Batch.Hash] = nonce.Value;
            if (_open.TryGetValue(nonce.Value, out var slot))
                _open[nonce.Value] = slot with { Attempts = slot.Attempts.Add(attempt), Plan = amended ?? slot.Plan };
            var stake = _open.Where(s => s.Key >= _consumed).Sum(s => s.Value.WorstCase.ToNanoCeiling());
            invariants.Check(Invariant.I10, stake <= cap, () => $"{stake} nAVAX are at stake, {cap} may be spent in a day");
        }
    }

    public void Sends(SignedBatch batch)
    {
        lock (_lock)
            invariants.Check(Invariant.I1, _written.ContainsKey(batch.Hash), () => $"{batch.Hash} is sent and not written down");
    }

    public void Consumed(Nonce next)
    {
        lock (_lock)
            _consumed = Math.Max(_consumed, next.Value);
    }

    public void Executed(LaneReceipt receipt)
    {
        lock (_lock)
        {
            if (!_written.TryGetValue(receipt.Hash, out var nonce))
                return;
            var other = _executed.GetValueOrDefault(nonce, receipt.Hash);
            invariants.Check(Invariant.I8, other == receipt.Hash, () => $"{other} and {receipt.Hash} were both executed at nonce {nonce}");
            _executed[nonce] = receipt.Hash;
        }
    }

    public void Closed(string token, OpenSlot slot, SlotEnd end)
    {
        lock (_lock)
        {
            Leads_NeedsLock(token);
            invariants.Check(Invariant.I9, _consumed > slot.Nonce.Value, () => $"slot {slot.Nonce} was closed, consumed are {_consumed}");
            foreach (var flow in slot.Plan.Flows.Zip(end.Readings).Where(p => p.First.Desired == p.Second.Rate).Select(p => p.First))
            {
                var verified = _verified.GetValueOrDefault(flow.Flow);
                invariants.Check(
                    Invariant.I11, flow.Generation >= verified, () => $"{flow.Flow} was verified at generation {flow.Generation} after {verified}");
                Remember_NeedsLock(_verified, flow.Flow, flow.Generation);
            }

            End_NeedsLock(slot);
        }
    }

    public void Released(string token, OpenSlot slot)
    {
        lock (_lock)
        {
            Leads_NeedsLock(token);
            var attempts = _open.GetValueOrDefault(slot.Nonce.Value)?.Attempts.Length ?? 0;
            invariants.Check(Invariant.I2, attempts == 0, () => $"slot {slot.Nonce} was released after {attempts} attempts");
            _open.Remove(slot.Nonce.Value); // It is the top one: what is below goes on.
        }
    }

    private void Leads_NeedsLock(string token)
    {
        var epoch = LaneLeadership.EpochOf(token);
        invariants.Check(Invariant.I7, epoch >= _epoch, () => $"epoch {epoch} wrote after {_epoch}");
        _epoch = Math.Max(_epoch, epoch);
    }

    // What is below is over, whoever ended it.
    private void End_NeedsLock(OpenSlot slot) => Purge_NeedsLock(slot.Nonce.Next.Value);

    private void Purge_NeedsLock(ulong below)
    {
        foreach (var nonce in _open.Keys.TakeWhile(n => n < below).ToList())
        {
            foreach (var attempt in _open[nonce].Attempts)
                _written.Remove(attempt.Batch.Hash);
            _open.Remove(nonce);
            _executed.Remove(nonce);
        }
    }

    private static void Remember_NeedsLock(Dictionary<FlowKey, ulong> generations, FlowKey flow, ulong generation)
    {
        if (generations.Count >= MostFlows)
            generations.Clear();
        generations[flow] = Math.Max(generations.GetValueOrDefault(flow), generation);
    }
}

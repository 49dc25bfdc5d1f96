using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>An invariant of chain-and-transactions.md §2.3 that did not hold.</summary>
internal sealed class InvariantBrokenException(string invariant, string what) : Exception($"{invariant}: {what}")
{
    public string Invariant { get; } = invariant;
}

/// <summary>I1 to I11, checked at each thing that really happens, against books of its own: what the lane says of itself proves nothing.</summary>
internal sealed class Invariants(SimulatedNetwork network, Func<DateTimeOffset> serverTime)
{
    private readonly Dictionary<Hash32, (ulong Nonce, SlotPlan Plan)> _written = [];
    private readonly Dictionary<ulong, Bound> _bound = [];
    private readonly Dictionary<FlowKey, ulong> _generations = [];
    private readonly Dictionary<FlowKey, ulong> _verified = [];
    private readonly HashSet<ulong> _executedNonces = [];
    private readonly HashSet<Hash32> _forgotten = [];
    private string? _leader;
    private DateTimeOffset _leaderUntil;
    private long _lastEpoch;
    private bool _isBudgetKnown = true;

    /// <summary>Happened so often: a run in which nothing happens proves nothing.</summary>
    public int Transactions => _executedNonces.Count;

    /// <summary>Redis forgot something: bytes that nobody knows any more may leave flows behind that nobody wants.</summary>
    public bool HasLost { get; private set; }

    /// <summary>Whether every slot's receipt was found: where not, the ledger keeps the worst case.</summary>
    public bool IsAllPaidKnown => _bound.Values.All(b => b is { IsClosed: true, Paid: not null });

    public int Amendments { get; private set; }

    /// <summary>Slots that went past another one.</summary>
    public int Overtakings { get; private set; }

    public void Acquired(string token, TimeSpan ttl)
    {
        if (token != _leader)
        {
            var epoch = EpochOf(token);
            Check("I7", epoch > _lastEpoch, $"epoch {epoch} came after {_lastEpoch}");
            Check("I7", _leader is null || serverTime() >= _leaderUntil, $"{token} was let in while {_leader} led");
            _lastEpoch = epoch;
        }

        (_leader, _leaderUntil) = (token, serverTime() + ttl);
    }

    public void Marked(FlowMark mark)
    {
        if (mark.Generation > _generations.GetValueOrDefault(mark.Flow))
            _generations[mark.Flow] = mark.Generation;
    }

    public void Reserved(string token, ulong nonce, SlotPlan plan, int mostOpen)
    {
        Leads(token, $"reserved {nonce}");
        var open = OpenNonces();
        Check("I2", !_bound.ContainsKey(nonce), $"nonce {nonce} was bound already");
        Check("I3", open.Count > 0 ? nonce == open[^1] + 1 : nonce <= network.Tip.Consumed, $"{nonce} was taken, consumed are {network.Tip.Consumed}, open {open.Count}");
        Check("I4", open.Count < mostOpen, $"{open.Count} slots were open");
        Locks(nonce, plan);
        Overtakings += open.Count;
        _bound[nonce] = new Bound(plan);
        Contiguous();
    }

    public void Written(string token, ulong nonce, SlotAttempt attempt, long cap)
    {
        Leads(token, $"wrote an attempt of {nonce}");
        Check("I2", _bound.TryGetValue(nonce, out var slot) && !slot.IsClosed, $"an attempt of {nonce}, which is not open");
        slot!.Attempts++;
        slot.Worst = Math.Max(slot.Worst, attempt.Batch.WorstCase.ToNanoCeiling());
        _written[attempt.Batch.Hash] = (nonce, slot.Plan);
        var taken = _bound.Values.Sum(b => b.Paid ?? b.Worst);
        Check("I10", !_isBudgetKnown || taken <= cap, $"{taken} nAVAX are at stake, {cap} are allowed");
    }

    /// <summary>An attempt of other content; what an earlier one carries stays locked, since either may be mined.</summary>
    public void Amended(string token, ulong nonce, SlotAttempt attempt, long cap, SlotPlan plan)
    {
        Check("I4", _bound.TryGetValue(nonce, out var slot) && slot.Plan.Flows.All(f => plan.Flows.Any(p => p.Flow == f.Flow)), $"an amendment of {nonce} lets flows go");
        Locks(nonce, plan);
        slot!.Plan = plan;
        Amendments++;
        Written(token, nonce, attempt, cap);
    }

    public void Sent(SignedBatch batch) => Check("I1", _written.ContainsKey(batch.Hash), $"{batch.Hash} was sent before it was written");

    public void Closed(string token, OpenSlot slot, SlotEnd end)
    {
        var nonce = slot.Nonce.Value;
        Leads(token, $"closed {nonce}");
        Check("I5", OpenNonces() is [var lowest, ..] && lowest == nonce, $"{nonce} was closed above an open slot");
        Check("I9", network.Tip.Consumed > nonce, $"slot {nonce} was closed while its nonce was not consumed");
        var block = network.Blocks[(int)end.Block.Number.Value];
        Check("I9", block.Consumed > nonce, $"slot {nonce} was closed by block {end.Block.Number}, which does not include it");
        foreach (var (flow, reading) in slot.Plan.Flows.Zip(end.Readings))
        {
            Check("I9", block.Ledger.FlowAt(Cast.IndexOf(flow.Flow)).Rate == reading.Rate, $"{flow.Flow} was closed with {reading.Rate}, the chain had something else");
            if (reading.Rate == flow.Desired)
                _verified[flow.Flow] = Math.Max(_verified.GetValueOrDefault(flow.Flow), flow.Generation);
        }

        (_bound[nonce].IsClosed, _bound[nonce].Paid) = (true, end.PaidNavax);
        Contiguous();
    }

    public void Released(string token, ulong nonce)
    {
        Leads(token, $"released {nonce}");
        Check("I2", _bound[nonce].Attempts == 0, $"slot {nonce} was released with {_bound[nonce].Attempts} attempts");
        _bound.Remove(nonce);
        Contiguous();
    }

    /// <summary>A transaction of ours was executed: whoever sent it, and however late.</summary>
    public void Executed(OurTransaction transaction, MinedBlock block, IReadOnlyList<FlowLog> logs)
    {
        var isKnown = _written.TryGetValue(transaction.Batch.Hash, out var written);
        Check("I8", isKnown && written.Nonce == transaction.Nonce.Value, $"{transaction.Batch.Hash} was executed at {transaction.Nonce} and is written down nowhere");
        Check("I8", _executedNonces.Add(transaction.Nonce.Value), $"two transactions were executed at {transaction.Nonce}");
        foreach (var log in logs)
        {
            var flow = Cast.Flows[log.Flow];
            var planned = written.Plan.Flows.FirstOrDefault(f => f.Flow == flow);
            Check("I11", planned is not null, $"block {block.Ref.Number} changed {flow}, which its slot had not locked");
            var verified = _verified.GetValueOrDefault(flow);
            Check("I11", log.After == planned!.Desired, $"block {block.Ref.Number} gave {flow} {log.After}, its slot wanted {planned.Desired}");
            // What Redis forgot of its own bytes may be executed when it likes: nobody here knows of them.
            if (_forgotten.Contains(transaction.Batch.Hash))
                continue;
            Check("I11", planned.Generation >= verified, $"block {block.Ref.Number} gave {flow} generation {planned.Generation} after {verified} was verified");
            var former = network.Logs.LastOrDefault(l => l.Flow == log.Flow && l.Transaction != log.Transaction);
            Check("once", log.Before != log.After || former?.Cause != ChangeCause.ByUs, $"block {block.Ref.Number} made {flow} again what it was, {log.After}");
        }
    }

    /// <summary>Redis went back in time, or is empty: what it has forgotten it cannot hold to.</summary>
    public void Lost(LaneState now)
    {
        (_leader, _leaderUntil, _isBudgetKnown, HasLost) = (now.Leader, now.LeaderUntil, false, true);
        _bound.Clear();
        foreach (var (nonce, slot) in now.Slots)
            _bound[nonce] = new Bound(slot.Plan) { Attempts = slot.Attempts.Length, IsClosed = slot.IsClosed };
        foreach (var hash in _written.Keys.Where(h => !now.Slots.Values.Any(s => s.Attempts.Any(a => a.Batch.Hash == h))))
            _forgotten.Add(hash);
        foreach (var flow in Cast.Flows)
            _generations[flow] = now.Flows.GetValueOrDefault(flow)?.Generation ?? 0;
    }

    public void ExpiredLeader() => _leader = null;

    private void Locks(ulong nonce, SlotPlan plan)
    {
        foreach (var flow in plan.Flows)
        {
            var other = OpenNonces().Where(n => n != nonce && _bound[n].Plan.Flows.Any(f => f.Flow == flow.Flow)).Select(n => (ulong?)n).FirstOrDefault();
            Check("I4", other is null, $"{flow.Flow} was locked for {nonce} while slot {other} had it");
            Check("I6", flow.Generation == _generations.GetValueOrDefault(flow.Flow), $"{flow.Flow} was locked for {nonce} at generation {flow.Generation}");
        }
    }

    private List<ulong> OpenNonces() => [.. _bound.Where(b => !b.Value.IsClosed).Select(b => b.Key).Order()];

    private void Contiguous()
    {
        var open = OpenNonces();
        Check("I5", open.Zip(open.Skip(1)).All(p => p.Second == p.First + 1), $"open are {string.Join(", ", open)}");
    }

    private void Leads(string token, string what) => Check("I7", token == _leader && serverTime() < _leaderUntil, $"{token} {what}, but {_leader} led");

    internal static void Check(string invariant, bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref WhereBroken what)
    {
        if (!holds)
            throw new InvariantBrokenException(invariant, what.ToString());
    }

    private static long EpochOf(string token) => long.Parse(token.Split('|')[1], CultureInfo.InvariantCulture);

    private sealed class Bound(SlotPlan plan)
    {
        public SlotPlan Plan { get; set; } = plan;

        public int Attempts { get; set; }

        public bool IsClosed { get; set; }

        public long Worst { get; set; }

        public long? Paid { get; set; }
    }
}

/// <summary>A text that is only made where something is broken: checks run millions of times.</summary>
[InterpolatedStringHandler]
internal ref struct WhereBroken
{
    private DefaultInterpolatedStringHandler _text;

    public WhereBroken(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _text = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public override string ToString() => _text.ToString();
}

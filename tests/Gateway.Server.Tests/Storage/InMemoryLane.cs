using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;

namespace Gateway.Server.Tests.Storage;

/// <summary>A lane's scripts in memory, answer by answer: InMemoryLaneTests walks both side by side. What expires after a day or a month stays here.</summary>
/// <remarks>A broken one, to prove that somebody would notice, derives from it.</remarks>
internal class InMemoryLane(Func<DateTimeOffset> serverTime) : ILane
{
    private LaneState _state = new();

    /// <summary>"owner|epoch"; null where nobody leads.</summary>
    public string? Leader => _state.Leader is { } leader && _state.LeaderUntil > serverTime() ? leader : null;

    public IReadOnlyCollection<ulong> OpenNonces => _state.Open;

    public IReadOnlyList<VerifiedChange> Log => _state.Log;

    /// <summary>Flows that are dirty or ready, those under way and in back-off too.</summary>
    public IEnumerable<FlowKey> Unsettled => _state.Dirty.Keys.Concat(_state.Ready.Keys);

    /// <summary>As LaneOutlook reads it.</summary>
    public SettlementOutlook Outlook => _state.Outlook is { } outlook && _state.OutlookUntil > serverTime() ? outlook : SettlementOutlook.Clear;

    public int SlotsKept => _state.Slots.Count;

    /// <summary>What waits, for people.</summary>
    public string Describe() => string.Join("; ", Unsettled.Select(f => (Flow: f, Is: _state.FlowOf(f))).Select(f =>
        $"{f.Flow} at {f.Is.Rate}, generation {f.Is.Generation}, seen {f.Is.Observed} at {f.Is.ObservedBlock}, slot {f.Is.InFlight}, {f.Is.Fails} fails, {f.Is.LastError}"));

    /// <summary>Whether nothing that the journal on chain tells may be missing from what is stored.</summary>
    public bool IsJournalRead => _state.IsJournalRead;

    public void ReadJournal() => (_state.IsJournalRead, _state.JournalFrom) = (true, null);

    public long Budget(string window) => _state.Budget.GetValueOrDefault(window);

    /// <summary>As a replica has it that is promoted later, or a backup.</summary>
    public LaneState Snapshot() => _state.Clone();

    public void Restore(LaneState snapshot) => _state = snapshot.Clone();

    public void Flush() => _state = new LaneState();

    public void ExpireLeader() => _state.Leader = null;

    public void SetCounters(long epoch, long sequence) => (_state.Epoch, _state.Sequence) = (epoch, sequence);

    /// <summary>Null: settlement has not finished with it; else the block of the last reading. As LaneProgress reads it, but for marks in shards.</summary>
    public BlockNumber? Progress(FlowKey flow)
    {
        if (_state.Dirty.ContainsKey(flow) || _state.Ready.ContainsKey(flow))
            return null;
        return _state.Flows.TryGetValue(flow, out var f) ? f.InFlight is null ? f.ObservedBlock ?? default : null : default(BlockNumber);
    }

    public ulong? InFlight(FlowKey flow) => _state.Flows.GetValueOrDefault(flow)?.InFlight;

    public Task<string?> AcquireAsync(string owner, TimeSpan ttl, CancellationToken cancellationToken)
    {
        var now = serverTime();
        if (Leader is { } leader)
        {
            if (!leader.StartsWith(owner + "|", StringComparison.Ordinal))
                return Task.FromResult<string?>(null);
            _state.LeaderUntil = now + ttl;
            return Task.FromResult<string?>(leader);
        }

        _state.Epoch = NextEpoch(_state.Epoch, now);
        _state.Leader = $"{owner}|{_state.Epoch}";
        _state.LeaderUntil = now + ttl;
        return Task.FromResult<string?>(_state.Leader);
    }

    public Task ResignAsync(string token, CancellationToken cancellationToken)
    {
        if (Leader == token)
            _state.Leader = null;
        return Task.CompletedTask;
    }

    public Task MarkAsync(FlowMark mark, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var flow = _state.FlowOf(mark.Flow);
        if (flow.Rate is not null && mark.Generation <= flow.Generation)
            return Task.CompletedTask;
        (flow.Rate, flow.Generation, flow.Urgency, flow.Fails, flow.LastError) = (mark.Desired, mark.Generation, mark.Urgency, 0, null);
        flow.MarkedAt ??= now.ToUnixTimeMilliseconds();
        if (!string.IsNullOrEmpty(mark.TraceParent))
            flow.Traces = [.. flow.Traces.Where(t => t != mark.TraceParent).Append(mark.TraceParent).TakeLast(LaneStore.ContextsKept)];
        _state.Ready.Remove(mark.Flow);
        _state.Dirty[mark.Flow] = now.ToUnixTimeMilliseconds();
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<LaneFlow>> DueAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        Task.FromResult(Due(now, most, Urgency.Trim));

    public Task<IReadOnlyList<LaneFlow>> UrgentAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        Task.FromResult(Due(now, most, Urgency.StopLoss));

    public Task<IReadOnlyList<LaneFlow>> LockedAsync(OpenSlot slot, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<LaneFlow>>(
        [.. slot.Plan.Flows.Where(f => _state.Flows.ContainsKey(f.Flow)).Select(f => Read(f.Flow)).OfType<LaneFlow>()]);

    public Task<LaneLimits> LimitsAsync(CancellationToken cancellationToken) => Task.FromResult(_state.Limits);

    public Task<bool> TellLimitsLostAsync(LaneLimits read, LaneLimits marked, CancellationToken cancellationToken)
    {
        if (_state.Limits != read)
            return Task.FromResult(false);
        _state.Limits = marked;
        return Task.FromResult(true);
    }

    public Task SetLimitsAsync(LaneLimits limits, CancellationToken cancellationToken)
    {
        _state.Limits = limits;
        return Task.CompletedTask;
    }

    public Task<StoredHighWater> ReadHighWaterAsync(Nonce? newestConsumed, CancellationToken cancellationToken)
    {
        var hasSlot = newestConsumed is not { } nonce || _state.Slots.ContainsKey(nonce.Value);
        return Task.FromResult(new StoredHighWater(_state.Mark, hasSlot, _state.IsJournalRead, _state.JournalFrom, _state.QuietUntil));
    }

    // As a kind that does not say.
    public Task<string?> ServerAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task<RaisedHighWater?> RaiseHighWaterAsync(
        string token, Nonce consumed, BlockNumber block, string? server, LaneLoss? loss, CancellationToken cancellationToken)
    {
        if (IsFenced(token))
            return Task.FromResult<RaisedHighWater?>(null);
        var known = _state.Mark ?? new LaneMark(default, default, Stamp: 0, Epoch: 0, Server: null);
        _state.Mark = known with
        {
            Consumed = new Nonce(Math.Max(known.Consumed.Value, consumed.Value)),
            Block = new BlockNumber(Math.Max(known.Block.Value, block.Value)),
            Stamp = known.Stamp + 1,
            Epoch = LaneLeadership.EpochOf(token),
            Server = server,
        };
        if (loss is { JournalFrom: var from })
        {
            (_state.IsJournalRead, _state.JournalFrom) = (false, _state.JournalFrom is { } before && before < from ? before : from);
            var until = DateTimeOffset.FromUnixTimeMilliseconds(loss.QuietUntil.ToUnixTimeMilliseconds());
            _state.QuietUntil = _state.QuietUntil is { } last && last >= until ? last.AddMilliseconds(1) : until;
        }

        return Task.FromResult<RaisedHighWater?>(
            new RaisedHighWater(_state.Mark.Stamp, _state.QuietUntil, _state.Searched == _state.QuietUntil, _state.IsJournalRead, _state.Assumed));
    }

    public Task<bool> JournalReadAsync(BlockNumber through, DateTimeOffset? loss, CancellationToken cancellationToken)
    {
        if (_state.Mark is null || _state.QuietUntil != loss)
            return Task.FromResult(false);
        ReadJournal();
        return Task.FromResult(true);
    }

    public Task SearchedAsync(DateTimeOffset loss, CancellationToken cancellationToken)
    {
        _state.Searched = loss;
        return Task.CompletedTask;
    }

    public Task<bool> ReseedBudgetAsync(
        string token, DateTimeOffset loss, DateTimeOffset at, long navax, long assumedNavax, CancellationToken cancellationToken)
    {
        if (IsFenced(token) || _state.QuietUntil != loss)
            return Task.FromResult(false);
        _state.Budget[LaneStore.Window(at)] = Math.Max(Budget(LaneStore.Window(at)), navax);
        _state.Assumed = assumedNavax > 0 ? new AssumedCosts(LaneStore.Window(at), assumedNavax) : null;
        return Task.FromResult(true);
    }

    public Task TellOutlookAsync(SettlementOutlook outlook, CancellationToken cancellationToken)
    {
        (_state.Outlook, _state.OutlookUntil) = (outlook, serverTime().AddSeconds(30));
        return Task.CompletedTask;
    }

    public Task ObserveAsync(FlowKey flow, FlowReading reading, BlockNumber block, CancellationToken cancellationToken)
    {
        if (!_state.Flows.TryGetValue(flow, out var f) || f.Rate is null || block < (f.ObservedBlock ?? default))
            return Task.CompletedTask;
        (f.Observed, f.ObservedAt, f.ObservedBlock) = (reading.Rate, reading.LastUpdated, block);
        if (f.Rate != reading.Rate)
        {
            if (!_state.Ready.ContainsKey(flow))
                _state.Dirty.TryAdd(flow, serverTime().ToUnixTimeMilliseconds());
        }
        else if (f.InFlight is null)
        {
            _state.Settle(flow, f);
        }

        return Task.CompletedTask;
    }

    public Task BackOffAsync(FlowKey flow, ulong generation, DateTimeOffset notBefore, string error, CancellationToken cancellationToken)
    {
        if (!_state.Flows.TryGetValue(flow, out var f) || f.Rate is null || f.Generation != generation)
            return Task.CompletedTask;
        f.Fails++;
        f.LastError = error;
        _state.Ready.Remove(flow);
        _state.Dirty[flow] = notBefore.ToUnixTimeMilliseconds();
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<OpenSlot>> OpenSlotsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<OpenSlot>>(
        [.. _state.Open.Select(n => (Nonce: n, Slot: _state.Slots[n])).Select(s => new OpenSlot(new Nonce(s.Nonce), s.Slot.At, s.Slot.Plan, s.Slot.Attempts))]);

    public Task<ReserveAnswer> ReserveAsync(
        string token, Nonce nonce, SlotPlan plan, int mostOpen, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var answer = WhyNotReserve(token, nonce.Value, plan, mostOpen);
        if (answer == ReserveAnswer.Reserved)
        {
            _state.Slots[nonce.Value] = new SlotState { Plan = plan, At = Whole(now) };
            _state.Open.Add(nonce.Value);
            foreach (var flow in plan.Flows)
                _state.FlowOf(flow.Flow).InFlight = nonce.Value;
        }

        return Task.FromResult(answer);
    }

    public Task<AttemptAnswer> AppendAttemptAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, CancellationToken cancellationToken) =>
        Task.FromResult(Append(token, nonce.Value, index, attempt, budgetNavax, amended: null));

    public Task<AttemptAnswer> AmendAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, SlotPlan plan, CancellationToken cancellationToken) =>
        Task.FromResult(Append(token, nonce.Value, index, attempt, budgetNavax, plan));

    public Task<bool> CloseAsync(string token, OpenSlot slot, SlotEnd end, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (IsFenced(token))
            return Task.FromResult(false);
        if (!_state.Open.Contains(slot.Nonce.Value))
            return Task.FromResult(true);
        var kept = _state.Slots[slot.Nonce.Value];
        if (kept.At != Whole(slot.At) || kept.Plan.Flows.Length != slot.Plan.Flows.Length)
            return Task.FromResult(false);
        _state.Open.Remove(slot.Nonce.Value);
        kept.IsClosed = true;
        if (slot.Nonce.Value >= LaneStore.SlotsKept)
            _state.Slots.Remove(slot.Nonce.Value - LaneStore.SlotsKept);
        if (end.PaidNavax is { } paid && kept.Window is { } window)
            _state.Budget[window] = Budget(window) - Math.Min(Math.Max(0, kept.Worst - paid), kept.Taken);
        foreach (var (flow, reading) in slot.Plan.Flows.Zip(end.Readings))
            End(flow.Flow, reading, slot.Nonce.Value, end.Block.Number, now.ToUnixTimeMilliseconds());
        return Task.FromResult(true);
    }

    public Task<bool> ReleaseSlotAsync(string token, OpenSlot slot, CancellationToken cancellationToken)
    {
        var nonce = slot.Nonce.Value;
        if (IsFenced(token) || (_state.Slots.TryGetValue(nonce, out var kept) && HoldsSlot(kept)))
            return Task.FromResult(false);
        if (!_state.Open.Contains(nonce))
            return Task.FromResult(true);
        if (_state.Open.Max != nonce || _state.Slots[nonce].At != Whole(slot.At))
            return Task.FromResult(false);
        _state.Open.Remove(nonce);
        _state.Slots.Remove(nonce);
        foreach (var flow in slot.Plan.Flows.Select(f => _state.FlowOf(f.Flow)).Where(f => f.InFlight == nonce))
            flow.InFlight = null;
        return Task.FromResult(true);
    }

    protected virtual long NextEpoch(long last, DateTimeOffset now) => Math.Max(last + 1, now.ToUnixTimeMilliseconds());

    protected virtual bool IsFenced(string token) => Leader != token;

    protected virtual bool IsBound(ulong nonce) => _state.Slots.ContainsKey(nonce);

    protected virtual bool IsBusy(FlowKey flow) => InFlight(flow) is not null;

    protected virtual bool IsStale(SlotFlow flow) =>
        !_state.Flows.TryGetValue(flow.Flow, out var f) || f.Rate is null || f.Generation != flow.Generation;

    protected virtual bool IsOverBudget(long used, long cap) => used > cap;

    /// <summary>Whether only the chain may end it.</summary>
    protected virtual bool HoldsSlot(SlotState slot) => !slot.Attempts.IsEmpty;

    private static DateTimeOffset Whole(DateTimeOffset at) => DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());

    private ReserveAnswer WhyNotReserve(string token, ulong nonce, SlotPlan plan, int mostOpen)
    {
        if (IsFenced(token))
            return ReserveAnswer.Fenced;
        if (IsBound(nonce))
            return ReserveAnswer.NonceBound;
        if (_state.Open.Count >= mostOpen)
            return ReserveAnswer.TooManyOpen;
        if (_state.Open.Count > 0 && nonce != _state.Open.Max + 1)
            return ReserveAnswer.NotContiguous;
        foreach (var flow in plan.Flows)
        {
            if (IsBusy(flow.Flow))
                return ReserveAnswer.FlowBusy;
            if (IsStale(flow))
                return ReserveAnswer.StaleGeneration;
        }

        return ReserveAnswer.Reserved;
    }

    private AttemptAnswer Append(string token, ulong nonce, int index, SlotAttempt attempt, long cap, SlotPlan? amended)
    {
        if (IsFenced(token))
            return AttemptAnswer.Fenced;
        if (!_state.Slots.TryGetValue(nonce, out var slot) || slot.IsClosed)
            return AttemptAnswer.NoSlot;
        if (slot.Attempts.Length != index)
            return AttemptAnswer.Raced;
        if (amended is not null && amended.Flows.Any(f => (InFlight(f.Flow) is { } other && other != nonce) || IsStale(f)))
            return AttemptAnswer.Stale;
        var worst = attempt.Batch.WorstCase.ToNanoCeiling();
        var more = Math.Max(0, worst - slot.Worst);
        var window = LaneStore.Window(attempt.At);
        if (IsOverBudget(Budget(window) + more, cap))
            return AttemptAnswer.OverBudget;
        _state.Budget[window] = Budget(window) + more;
        (slot.Taken, slot.Window, slot.Worst) = (more + (slot.Window == window ? slot.Taken : 0), window, Math.Max(slot.Worst, worst));
        slot.Attempts = slot.Attempts.Add(attempt);
        slot.Plan = amended ?? slot.Plan;
        foreach (var flow in amended?.Flows ?? [])
            _state.FlowOf(flow.Flow).InFlight = nonce;
        return AttemptAnswer.Written;
    }

    private void End(FlowKey key, FlowReading reading, ulong nonce, BlockNumber block, long now)
    {
        var flow = _state.FlowOf(key);
        if (flow.InFlight == nonce)
            flow.InFlight = null;
        if (block >= (flow.ObservedBlock ?? default))
            (flow.Observed, flow.ObservedAt, flow.ObservedBlock) = (reading.Rate, reading.LastUpdated, block);
        if (flow.Rate != reading.Rate)
        {
            _state.Dirty[key] = now;
            _state.Ready.Remove(key);
            return;
        }

        _state.Settle(key, flow);
        _state.Sequence = Math.Max(_state.Sequence + 1, serverTime().ToUnixTimeMilliseconds() * 1000);
        _state.Log.Add(new VerifiedChange(_state.Sequence, key, flow.Generation, reading.Rate, nonce, block));
    }

    private IReadOnlyList<LaneFlow> Due(DateTimeOffset now, int most, Urgency leastUrgent)
    {
        var ms = now.ToUnixTimeMilliseconds();
        foreach (var flow in _state.Dirty.Where(d => d.Value <= ms).Select(d => d.Key).ToList())
        {
            _state.Dirty.Remove(flow);
            var f = _state.FlowOf(flow);
            _state.Ready[flow] = ((int)f.Urgency, f.MarkedAt ?? ms);
        }

        return
        [
            .. _state.Ready.Where(r => r.Value.Urgency <= (int)leastUrgent)
                .OrderBy(r => r.Value.Urgency).ThenBy(r => r.Value.At).ThenBy(r => r.Key.ToString(), StringComparer.Ordinal)
                .Where(r => !IsBusy(r.Key)).Select(r => Read(r.Key)).OfType<LaneFlow>().Take(most),
        ];
    }

    /// <returns>Null for one that the lane knows nothing of.</returns>
    private LaneFlow? Read(FlowKey key)
    {
        var f = _state.FlowOf(key);
        if (f.Rate is not { } rate)
            return null;
        return new LaneFlow(
            key,
            rate,
            f.Generation,
            f.Urgency,
            f.Traces,
            DateTimeOffset.FromUnixTimeMilliseconds(f.MarkedAt ?? 0),
            f.ObservedBlock,
            f.Fails,
            f.Observed is { } observed ? new LaneReading(observed, f.ObservedAt) : null);
    }
}

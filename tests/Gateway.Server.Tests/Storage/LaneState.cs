using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;

namespace Gateway.Server.Tests.Storage;

/// <summary>A line of the lane's log.</summary>
internal sealed record VerifiedChange(long Sequence, FlowKey Flow, ulong Generation, FlowRate Rate, ulong Nonce, BlockNumber Block);

internal sealed class FlowState
{
    public FlowRate? Rate { get; set; }

    public ulong Generation { get; set; }

    public Urgency Urgency { get; set; }

    public long? MarkedAt { get; set; }

    public ImmutableArray<string> Traces { get; set; } = [];

    public int Fails { get; set; }

    public string? LastError { get; set; }

    public FlowRate? Observed { get; set; }

    public BlockTime ObservedAt { get; set; }

    public BlockNumber? ObservedBlock { get; set; }

    public ulong? InFlight { get; set; }

    public FlowState Clone() => (FlowState)MemberwiseClone();
}

internal sealed class SlotState
{
    public required SlotPlan Plan { get; set; }

    public required DateTimeOffset At { get; init; }

    public ImmutableArray<SlotAttempt> Attempts { get; set; } = [];

    public bool IsClosed { get; set; }

    public long Worst { get; set; }

    public string? Window { get; set; }

    public long Taken { get; set; }

    public SlotState Clone() => (SlotState)MemberwiseClone();
}

/// <summary>What the lane's keys hold.</summary>
internal sealed class LaneState
{
    public string? Leader { get; set; }

    public DateTimeOffset LeaderUntil { get; set; }

    public long Epoch { get; set; }

    public SettlementOutlook? Outlook { get; set; }

    public DateTimeOffset OutlookUntil { get; set; }

    public long Sequence { get; set; }

    /// <summary>Its epoch is the lane's.</summary>
    public LaneMark? Mark { get; set; }

    public bool IsJournalRead { get; set; }

    public BlockNumber? JournalFrom { get; set; }

    public AssumedCosts? Assumed { get; set; }

    public DateTimeOffset? QuietUntil { get; set; }

    public DateTimeOffset? Searched { get; set; }

    public LaneLimits Limits { get; set; } = LaneLimits.None;

    public SortedSet<ulong> Open { get; private init; } = [];

    public Dictionary<ulong, SlotState> Slots { get; private init; } = [];

    public Dictionary<FlowKey, FlowState> Flows { get; private init; } = [];

    /// <summary>Not before, in ms.</summary>
    public Dictionary<FlowKey, long> Dirty { get; private init; } = [];

    public Dictionary<FlowKey, (int Urgency, long At)> Ready { get; private init; } = [];

    public Dictionary<string, long> Budget { get; private init; } = [];

    public List<VerifiedChange> Log { get; private init; } = [];

    public FlowState FlowOf(FlowKey flow)
    {
        if (!Flows.TryGetValue(flow, out var state))
            Flows[flow] = state = new FlowState();
        return state;
    }

    public void Settle(FlowKey key, FlowState flow)
    {
        Dirty.Remove(key);
        Ready.Remove(key);
        (flow.MarkedAt, flow.Traces, flow.Fails, flow.LastError) = (null, [], 0, null);
    }

    public LaneState Clone() => new()
    {
        Leader = Leader,
        LeaderUntil = LeaderUntil,
        Epoch = Epoch,
        Mark = Mark,
        IsJournalRead = IsJournalRead,
        JournalFrom = JournalFrom,
        QuietUntil = QuietUntil,
        Searched = Searched,
        Limits = Limits,
        Outlook = Outlook,
        OutlookUntil = OutlookUntil,
        Sequence = Sequence,
        Open = new SortedSet<ulong>(Open),
        Slots = Slots.ToDictionary(s => s.Key, s => s.Value.Clone()),
        Flows = Flows.ToDictionary(f => f.Key, f => f.Value.Clone()),
        Dirty = new Dictionary<FlowKey, long>(Dirty),
        Ready = new Dictionary<FlowKey, (int Urgency, long At)>(Ready),
        Budget = new Dictionary<string, long>(Budget),
        Log = [.. Log],
    };
}

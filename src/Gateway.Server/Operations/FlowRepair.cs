using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Evaluation;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;

namespace Gateway.Server.Operations;

/// <summary>Has flows that differ looked at, and asks the lane for those that still do. Everything here may be done twice.</summary>
internal sealed class FlowRepair(EvaluationRunner runner, AccountStore store, ILane lane, SettlementSignal settlement, TimeProvider time)
{
    /// <summary>Nothing was to be done: it is as wanted by now, or what differs is somebody's own and was taken over.</summary>
    public const string None = "none";

    public const string Queued = "queued";

    /// <summary>A transaction of ours has it already.</summary>
    public const string UnderWay = "under way";

    /// <summary>The account could not be looked at. It will be again.</summary>
    public const string Unknown = "unknown: the account could not be looked at";

    /// <returns>What was done about each, in their order.</returns>
    public async Task<IReadOnlyList<string>> RepairAsync(AccountComparison account, CancellationToken cancellationToken)
    {
        var failed = await runner.RunAsync([account.Account], at: null, cancellationToken);
        if (failed.Count > 0)
            return [.. account.Differing.Select(_ => Unknown)];

        var flows = (await store.LoadAccountAsync(account.Account, cancellationToken)).Flows;
        var slots = await lane.OpenSlotsAsync(cancellationToken);
        var locked = slots.SelectMany(s => s.Plan.Flows).Select(f => f.Flow).ToHashSet();
        var done = new List<string>();
        foreach (var difference in account.Differing)
        {
            var flow = flows.GetValueOrDefault(difference.Flow.Payee);
            if (flow is null || flow.Desired == flow.Observed.Rate)
                done.Add(None);
            else if (locked.Contains(difference.Flow))
                done.Add(UnderWay);
            else
                done.Add(await QueueAsync(difference.Flow, flow, cancellationToken));
        }

        settlement.Wake();
        return done;
    }

    /// <summary>A lane that lost the flow takes it from the mark; one that takes it for settled learns by the reading that it is not.</summary>
    private async Task<string> QueueAsync(FlowKey key, Flow flow, CancellationToken cancellationToken)
    {
        await lane.MarkAsync(new FlowMark(key, flow.Desired, flow.Generation, UrgencyOf(flow), TraceParent: null), time.GetUtcNow(), cancellationToken);
        await lane.ObserveAsync(key, flow.Observed, flow.ObservedAt, cancellationToken);
        return Queued;
    }

    private static Urgency UrgencyOf(Flow flow)
    {
        if (flow.Desired < flow.Observed.Rate)
            return Urgency.Lower;
        return flow.Observed.Rate.IsZero ? Urgency.Open : Urgency.Raise;
    }
}

using Gateway.Domain.Accounts;
using Gateway.Domain.Money;

namespace Gateway.Server.Settlement;

/// <summary>What an account has come to want since the lane read what is due. Under churn that is most accounts: those that were left out for it would wait for ever.</summary>
internal sealed partial class LateMarks(LanePorts ports, ILogger<LateMarks> logger)
{
    /// <param name="book">The account as it is stored now.</param>
    /// <param name="flows">Due flows of that account, as the lane had them.</param>
    /// <returns>The same flows, as the book wants them where its marks could be taken over.</returns>
    public async Task<IReadOnlyList<LaneFlow>> CatchUpAsync(AccountBook book, IReadOnlyList<LaneFlow> flows, CancellationToken cancellationToken)
    {
        var outdated = flows.Where(f => IsOutdated(f, book)).ToList();
        if (outdated.Count == 0)
            return flows;
        // Usually the change is a moment old, and its mark waits to be taken over, with the trace of its request.
        var waiting = (await ports.Accounts.MarksAsync(cancellationToken)).Where(m => m.Flow.Account == book.Account.Key).ToDictionary(m => m.Flow);
        foreach (var flow in outdated.Where(f => !waiting.ContainsKey(f.Flow)))
        {
            LogOutdated(flow.Flow, flow.Generation);
            await ports.Lane.MarkAsync(RemadeOf(flow, book), ports.Now, cancellationToken);
        }

        // A leg of a flow that is not among these, or a change later than the book: the legs of a lease go together, in the next round.
        if (waiting.Values.Any(m => flows.All(f => f.Flow != m.Flow) || book.Account.Flows.GetValueOrDefault(m.Flow.Payee)?.Generation != m.Generation))
            return flows;
        foreach (var mark in waiting.Values)
        {
            await ports.Lane.MarkAsync(mark, ports.Now, cancellationToken);
            await ports.Accounts.ClearMarkAsync(mark, cancellationToken);
        }

        return [.. flows.Select(f => waiting.TryGetValue(f.Flow, out var mark) ? Renewed(f, mark) : f)];
    }

    private static bool IsOutdated(LaneFlow flow, AccountBook book) => book.Account.Flows.TryGetValue(flow.Flow.Payee, out var known)
        ? known.Generation > flow.Generation
        : !flow.Desired.IsZero && book.Account.Version > flow.Generation;

    private static LaneFlow Renewed(LaneFlow flow, FlowMark mark) => flow with
    {
        Desired = mark.Desired,
        Generation = mark.Generation,
        Urgency = mark.Urgency,
        Fails = 0,
        TraceParents = mark.TraceParent is { } trace && !flow.TraceParents.Contains(trace, StringComparer.Ordinal) ? flow.TraceParents.Add(trace) : flow.TraceParents,
    };

    /// <summary>
    /// A lane whose keys went back in time wants what was wanted then, and the mark of what is wanted now is long taken over: it is made again from the
    /// account. Else the flow would count as under way for ever, and nobody would mark it again. What the account has forgotten it wanted gone, at a
    /// generation up to its version.
    /// </summary>
    private static FlowMark RemadeOf(LaneFlow flow, AccountBook book) => book.Account.Flows.TryGetValue(flow.Flow.Payee, out var known)
        ? new FlowMark(flow.Flow, known.Desired, known.Generation, known.Desired < known.Observed.Rate ? Urgency.StopLoss : flow.Urgency, TraceParent: null)
        : new FlowMark(flow.Flow, FlowRate.Zero, book.Account.Version, Urgency.StopLoss, TraceParent: null);

    [LoggerMessage(
        EventId = 7162, Level = LogLevel.Error, Message = "The lane wants {Flow} at generation {Generation}, which its account replaced: Redis went back in time. What is wanted now is taken over again.")]
    private partial void LogOutdated(Domain.Identity.FlowKey flow, ulong generation);
}

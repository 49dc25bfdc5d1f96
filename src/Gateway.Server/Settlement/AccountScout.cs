using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>Looks at one account and says what would bring its due flows to where they should be.</summary>
internal sealed partial class AccountScout(
    LanePorts ports, LaneMemory memory, LateMarks marks, LaneTeller teller, ILogger<AccountScout> logger)
{
    private enum Readiness
    {
        Ready,

        /// <summary>The block, or the mark, is older than what is known already.</summary>
        Behind,

        /// <summary>The chain shows another flow than the account last saw: somebody changed it, and the account must judge that first.</summary>
        Surprised,

        /// <summary>Something flows that neither the account nor the lane knows of: it is not ours to end.</summary>
        Nobodys,
    }

    /// <returns>The account's steps; null where there is nothing to send for it now. Flows that need nothing, or must wait, are written down as such.</returns>
    public async Task<DraftedAccount?> DraftAsync(
        LaneRound round, AccountKey account, IReadOnlyList<LaneFlow> flows, CancellationToken cancellationToken)
    {
        var loading = ports.Accounts.LoadAsync(account, cancellationToken);
        var looking = ports.Chain.LookAsync(account, [.. flows.Select(f => f.Flow.Payee)], round.Head.Block, cancellationToken);
        await Task.WhenAll(loading, looking);
        var (book, seen) = (await loading, await looking);

        flows = await marks.CatchUpAsync(book, flows, cancellationToken);
        // A flow that its payer closed is never made again by a change that was planned without knowing of it.
        if (flows.Any(f => Check(f, book, seen) == Readiness.Surprised) && await teller.EvaluateAsync(account, cancellationToken))
            book = await ports.Accounts.LoadAsync(account, cancellationToken);

        var ready = flows.Where(f => Check(f, book, seen) == Readiness.Ready).ToList();
        var plan = FlowOperationPlanner.Plan(account, [.. ready.Select(f => f.ToIntent())], seen, ports.Vehicle.Operator);
        await NoteSettledAsync(plan, seen, cancellationToken);
        await NoteHeldAsync(plan, ready, cancellationToken);
        await NoteSurprisedAsync(flows.Where(f => Check(f, book, seen) == Readiness.Surprised), cancellationToken);
        await NoteNobodysAsync(flows.Where(f => Check(f, book, seen) == Readiness.Nobodys), cancellationToken);
        return plan.Steps.IsEmpty ? null : new DraftedAccount(plan, book, seen, [.. ready]).With(plan.Steps);
    }

    private static Readiness Check(LaneFlow flow, AccountBook book, AccountObservation seen)
    {
        var reading = seen.FlowTo(flow.Flow.Payee);
        if (flow.ObservedBlock > seen.Block.Number)
            return Readiness.Behind;
        if (!book.Account.Flows.TryGetValue(flow.Flow.Payee, out var known))
            return CheckForgotten(flow, reading);
        if (known.ObservedAt > seen.Block.Number || known.Generation > flow.Generation)
            return Readiness.Behind;
        return IsSame(known.Observed.Rate, known.Observed.LastUpdated, reading) ? Readiness.Ready : Readiness.Surprised;
    }

    /// <summary>
    /// The account has forgotten a flow that ended for it. A lease that is closed while its first payment is under way leaves one that the lane alone knows
    /// of: what our own slot made there is ours to end.
    /// </summary>
    private static Readiness CheckForgotten(LaneFlow flow, FlowReading reading)
    {
        if (!flow.Desired.IsZero)
            return Readiness.Surprised;
        var isOurs = reading.Rate.IsZero || (flow.Observed is { } last && IsSame(last.Rate, last.LastUpdated, reading));
        return isOurs ? Readiness.Ready : Readiness.Nobodys;
    }

    // The time of the last update is the chain's version of a flow: one that was closed and made anew at the same rate has another.
    private static bool IsSame(FlowRate rate, BlockTime lastUpdated, FlowReading reading) => rate == reading.Rate && lastUpdated == reading.LastUpdated;

    private async Task NoteSettledAsync(AccountPlan plan, AccountObservation seen, CancellationToken cancellationToken)
    {
        foreach (var intent in plan.Settled)
            await ports.Lane.ObserveAsync(intent.Flow, seen.FlowTo(intent.Flow.Payee), seen.Block.Number, cancellationToken);
        if (!plan.Settled.IsEmpty)
            memory.MustLook(plan.Account);
    }

    private async Task NoteHeldAsync(AccountPlan plan, IReadOnlyList<LaneFlow> flows, CancellationToken cancellationToken)
    {
        foreach (var held in plan.Held)
        {
            var flow = flows.First(f => f.Flow == held.Intent.Flow);
            var why = $"it would burn the payer's buffer: {held.Missing} are missing";
            await ports.Lane.BackOffAsync(flow.Flow, flow.Generation, ports.Now + BackOff.WhileHeld(flow.Fails), why, cancellationToken);
        }
    }

    /// <summary>The account cannot make out yet who changed it: meanwhile it does not stand before others in every round.</summary>
    private async Task NoteSurprisedAsync(IEnumerable<LaneFlow> flows, CancellationToken cancellationToken)
    {
        foreach (var flow in flows)
            await ports.Lane.BackOffAsync(flow.Flow, flow.Generation, ports.Now + BackOff.WhileHeld(flow.Fails), "it is not known yet who changed it", cancellationToken);
    }

    private async Task NoteNobodysAsync(IEnumerable<LaneFlow> flows, CancellationToken cancellationToken)
    {
        foreach (var flow in flows)
        {
            LogNobodys(flow.Flow);
            await ports.Lane.BackOffAsync(
                flow.Flow, flow.Generation, ports.Now + BackOff.After(flow.Fails), "something flows there that is not ours", cancellationToken);
        }
    }

    [LoggerMessage(EventId = 7161, Level = LogLevel.Error, Message = "Something flows at {Flow} that no lease of ours explains, and that is left alone.")]
    private partial void LogNobodys(FlowKey flow);
}

using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>Takes over an executed block: flows as read, what of them is foreign, and leases that the chain is now seen to pay.</summary>
internal static class FlowObserving
{
    /// <summary>A node that has the state of a block has the logs of so many before it. Of older ones some keep none, and the guess is all there is.</summary>
    internal const ulong LogsAreKept = 512;

    /// <param name="doubted">Payees whose flow is left as it was last known.</param>
    /// <param name="told">Changes since the blocks of the flows' ledgers, where those are older than what was last taken over. Null: <paramref name="changes"/> is all there is.</param>
    public static Decision Observe(
        AccountBook book,
        AccountObservation seen,
        IReadOnlyList<FlowChange> changes,
        ImmutableHashSet<Address>? underWay,
        SettlementOutlook outlook,
        ImmutableHashSet<Address> doubted,
        IReadOnlyList<FlowChange>? told = null)
    {
        if (book.Account.Health is { } last && seen.Block.Number < last.Block)
            return new Decision(book, []); // An older block than one already taken over: acting on it would undo what is newer.

        var effects = new List<Effect>();
        var account = book.Account;
        foreach (var flow in account.Flows.Values.Where(f => !doubted.Contains(f.Payee)))
        {
            var reading = seen.FlowTo(flow.Payee);
            var foreign = ForeignAfter(flow, flow.OwnDesired, reading.Rate, [.. changes.Where(c => c.Payee == flow.Payee)]);
            var observed = flow with
            {
                Observed = reading,
                ObservedAt = seen.Block.Number,
                Foreign = foreign,
                Unclaimed = flow.Unclaimed.Within(foreign),
                Correction = reading.Rate == flow.Desired ? flow.Correction.AsShown() : flow.Correction,
                Ledger = LedgerAfter(book, flow, seen, told ?? (flow.Ledger?.IsCurrent(flow) == true ? changes : null)),
            };
            account = account with { Flows = account.Flows.SetItem(flow.Payee, observed) };
        }

        var regained = account.Health is { } before && !IsFull(before.Grant) && IsFull(seen.Grant);
        account = account with { Health = HealthOf(seen, doubted) };
        var next = NoteTransactions(book with { Account = account }, changes, effects);
        next = Withhold(next, changes, seen, effects);
        next = OwnUndoing.TakeBack(next, changes, seen, effects);
        next = ShowGrant(Advance(next, effects), seen.Grant, effects);
        ImmutableHashSet<Address> risen = [.. book.Account.Flows.Values.Where(f => seen.FlowTo(f.Payee).Rate > f.Observed.Rate).Select(f => f.Payee)];
        next = SettlementWaiting.Show(next, risen, outlook, seen.At.ToDateTimeOffset(), effects);
        var decision = FlowBook.Recompute(next, effects, lowering: Urgency.Lower, traceParent: null);
        // What waited for the grant need wait no longer; and where settlement thinks that it has finished, the chain says that it has not.
        decision = regained ? FlowBook.MarkAgain(decision, []) : underWay is null ? decision : FlowBook.MarkAgain(decision, underWay);
        return FinishClosing(decision, underWay ?? []);
    }

    /// <summary>Payees of whose flow a log is missing: what is known of its changes does not account for what was streamed over it.</summary>
    /// <param name="told">Changes since the block of the flow's ledger.</param>
    public static IEnumerable<Address> Unaccounted(AccountBook book, AccountObservation seen, IReadOnlyList<FlowChange> told) => book.Account.Flows.Values
        .Where(f => f.Ledger is { } ledger && ledger.Block < seen.Block.Number
            && ledger.Follow(f, Tallies.Since(ledger, f.Payee, told), seen.FlowTo(f.Payee), seen.Block) is null)
        .Select(f => f.Payee);

    private static FlowTally LedgerAfter(AccountBook book, Flow flow, AccountObservation seen, IReadOnlyList<FlowChange>? told)
    {
        // Without the logs from its block on there is nothing to go by.
        if (told is null && flow.Ledger is { } behind && seen.Block.Number <= behind.Block.Plus(LogsAreKept))
            return behind;
        return Tallies.Observe(book, flow, flow.Ledger is { } ledger ? Tallies.Since(ledger, flow.Payee, told ?? []) : [], seen.FlowTo(flow.Payee), seen.Block);
    }

    /// <summary>Payees whose flow is seen otherwise than before, and otherwise than wanted, without a log in between that says so.</summary>
    /// <remarks>A node has left logs out or shows a wrong state: whose change it is cannot be known, and a guess would stay.</remarks>
    public static IEnumerable<Address> Unexplained(AccountBook book, AccountObservation seen, IReadOnlyList<FlowChange> changes) => book.Account.Flows.Values.Where(flow =>
    {
        var rate = seen.FlowTo(flow.Payee).Rate;
        var told = changes.LastOrDefault(c => c.Payee == flow.Payee)?.Rate ?? flow.Observed.Rate;
        return rate != told && rate != flow.Desired && flow.ObservedAt != default && seen.Block.Number <= flow.ObservedAt.Plus(LogsAreKept);
    }).Select(f => f.Payee);

    /// <summary>A closing lease is closed once no flow carries more than is wanted of it, and nothing that was sent for it can still raise one.</summary>
    private static Decision FinishClosing(Decision decision, ImmutableHashSet<Address> underWay)
    {
        var book = decision.Book;
        foreach (var lease in book.Leases.Values.Where(l => l.State == LeaseState.Closing))
        {
            if (lease.Payees.Any(p => underWay.Contains(p.Address) || IsAboveDesired(book, p.Address)))
                continue;
            var closed = lease with { State = LeaseState.Closed, Reason = lease.Breaker.Reason == Reason.GraceExpired ? Reason.GraceExpired : Reason.ClosedByScheduler };
            book = Tallies.Settle(book, closed).With(closed);
        }

        return decision with { Book = FlowBook.Forget(book, underWay) };
    }

    /// <summary>A paused lease does not make again what somebody closed or lowered under it: running ones are paused for it, and withhold it then.</summary>
    private static AccountBook Withhold(AccountBook book, IReadOnlyList<FlowChange> changes, AccountObservation seen, List<Effect> effects)
    {
        foreach (var change in changes.Where(c => c.IsExternal && c.Reason != Reason.Unspecified))
        {
            if (!book.Account.Flows.TryGetValue(change.Payee, out var flow) || flow.Observed.Rate >= flow.Desired && !flow.Observed.Rate.IsZero)
                continue;
            foreach (var lease in book.Leases.Values.Where(l => l.State == LeaseState.Paused && l.Pays(change.Payee) && !l.Withheld.Contains(change.Payee)))
            {
                var held = lease with { Withheld = lease.Withheld.Add(change.Payee) };
                // What somebody meant outlives what a liquidator does to another leg: the lease is not made again by itself.
                var isOthers = change.Reason == Reason.FlowLiquidated && !lease.Withheld.IsEmpty && !BreakerMoving.IsLiquidated(lease);
                if (lease.Breaker.State != BreakerState.Isolated && !isOthers)
                {
                    var breaker = new LeaseBreaker(BreakerState.Open, change.Reason, seen.At.ToDateTimeOffset(), ProbeAt: null, Strikes: 0);
                    held = held with { Breaker = breaker, Reason = change.Reason };
                }

                effects.Add(AccountMachine.Note(held, NoteKind.Observation, $"{change.Payee} is withheld: {change.Reason}", change.Evidence));
                book = book.With(held);
            }
        }

        return book;
    }

    private static bool IsFull(OperatorGrant grant) => grant is { CanCreate: true, CanUpdate: true, CanDelete: true } && !grant.Allowance.IsZero;

    private static bool IsAboveDesired(AccountBook book, Address payee) =>
        book.Account.Flows.TryGetValue(payee, out var flow) && flow.Observed.Rate > flow.Desired.MinusFloored(flow.Correction.Kept?.Rate ?? FlowRate.Zero);

    /// <summary>What of a flow is not ours after others changed it.</summary>
    /// <remarks>
    /// A raise by somebody else first fills what we still wanted to add, the rest is foreign. A cut first takes what we wanted to remove anyway,
    /// then the foreign part; what it takes beyond that is missing from the leases, and shows as required more than observed.
    /// </remarks>
    private static FlowRate ForeignAfter(Flow flow, FlowRate wanted, FlowRate final, IReadOnlyList<FlowChange> changes)
    {
        var foreign = flow.Foreign;
        var before = flow.Observed.Rate;
        foreach (var change in changes)
        {
            if (change.IsExternal)
                foreign = Shift(foreign, wanted, before, change.Rate);
            before = change.Rate;
        }

        // No log explains the last step. Our own target is taken as ours; anything else as somebody's.
        if (before != final && final != flow.Desired)
            foreign = Shift(foreign, wanted, before, final);
        return FlowRate.Min(foreign, final);
    }

    internal static FlowRate Shift(FlowRate foreign, FlowRate wanted, FlowRate before, FlowRate after)
    {
        var desired = wanted + foreign;
        if (after > before)
            return foreign + (after - before).MinusFloored(desired.MinusFloored(before));
        return foreign.MinusFloored((before - after).MinusFloored(before.MinusFloored(desired)));
    }

    private static AccountBook Advance(AccountBook book, List<Effect> effects)
    {
        var satisfied = book.Account.Flows.ToDictionary(f => f.Key, f => Coverage.SatisfiedBy(book, f.Value));
        foreach (var lease in book.Leases.Values)
        {
            if (!(lease.State is LeaseState.Opening or LeaseState.Updating || IsRestoredUnseen(lease)) || !Coverage.IsFullyPaid(book, lease, satisfied))
                continue;
            if (lease.State == LeaseState.Updating && lease.Payees.Any(p => IsAboveDesired(book, p.Address)))
                continue; // A lower price is only verified once the chain no longer pays the former one.
            var next = lease with { State = LeaseState.Active, PaidRate = lease.Rate, Reason = Reason.Funded };
            if (lease.State != LeaseState.Updating)
            {
                next = next with { Execution = Execution.Run, MayRun = true };
                // Of one that nobody has opened again it is not known whether its VM was paused: it shows that it is paid, and orders nothing.
                if (!lease.IsUnclaimed)
                {
                    effects.Add(new Effect.IssueDirective(
                        lease.Id, lease.VmId, Execution.Run, Reason.Funded, UnpaidFrom: null, EvidenceOf(book, lease, "every leg is paid")));
                }
            }

            effects.Add(AccountMachine.Note(next, NoteKind.Observation, $"paid at {next.Rate}", EvidenceOf(book, lease, "every leg is paid")));
            book = book.With(next);
        }

        return book;
    }

    /// <summary>The journal brought it back, and no look has shown yet whether it is paid.</summary>
    private static bool IsRestoredUnseen(Lease lease) => lease is { State: LeaseState.Active, Execution: Execution.Wait, RestoredAt: not null };

    /// <summary>A revoked grant pauses nothing, since the flow still pays; the lease says that it is no longer in our hands.</summary>
    private static AccountBook ShowGrant(AccountBook book, OperatorGrant grant, List<Effect> effects)
    {
        Reason? missing = (grant.CanCreate && grant.CanUpdate && grant.CanDelete, grant.Allowance.IsZero) switch
        {
            (false, _) => Reason.PermissionRevoked,
            (true, true) => Reason.AllowanceExhausted,
            (true, false) => null,
        };
        foreach (var lease in book.Leases.Values.Where(l => l.State is LeaseState.Active or LeaseState.Updating))
        {
            var shown = lease.Reason is Reason.PermissionRevoked or Reason.AllowanceExhausted;
            var reason = missing ?? (shown ? Reason.Funded : lease.Reason);
            if (reason == lease.Reason)
                continue;
            var next = lease with { Reason = reason };
            effects.Add(AccountMachine.Note(next, NoteKind.Observation, missing is null ? "the grant is back" : $"still paid, but {reason}"));
            book = book.With(next);
        }

        return book;
    }

    private static Evidence EvidenceOf(AccountBook book, Lease lease, string detail)
    {
        var health = book.Account.Health;
        return new Evidence(health?.Block, health?.At.ToDateTimeOffset(), lease.Transactions.IsEmpty ? null : lease.Transactions[^1].Hash, detail);
    }

    private static AccountBook NoteTransactions(AccountBook book, IReadOnlyList<FlowChange> changes, List<Effect> effects)
    {
        foreach (var change in changes)
        {
            if (change.Evidence is not { TransactionHash: { } hash, Block: { } block, BlockTime: { } time })
                continue;
            foreach (var lease in book.Leases.Values.Where(l => l.Pays(change.Payee) && (change.IsExternal || IsUnsettled(l))))
            {
                var noted = lease.WithTransaction(new LeaseTransaction(hash, KindOf(change, lease), block, time) { BufferLost = change.Evidence.BufferLost });
                if (ReferenceEquals(noted, lease))
                    continue;
                book = book.With(noted);
                effects.Add(AccountMachine.Note(noted, NoteKind.Transaction, $"{change.Payee} is paid {change.Rate}", change.Evidence));
            }
        }

        return book;
    }

    private static bool IsUnsettled(Lease lease) => lease.State != LeaseState.Active;

    private static string KindOf(FlowChange change, Lease lease) => (change.IsExternal, change.Rate.IsZero, lease.State) switch
    {
        (true, _, _) => "external",
        (_, true, _) or (_, _, LeaseState.Closing) => "close",
        (_, _, LeaseState.Opening) => "open",
        _ => "update",
    };

    private static AccountHealth HealthOf(AccountObservation seen, ImmutableHashSet<Address> doubted) => new(
        seen.Block.Number,
        seen.At,
        seen.AvailableBalance,
        seen.BufferDeposit,
        seen.NetFlowRate,
        Solvency.CriticalAt(seen.AvailableBalance, seen.NetFlowRate, seen.At),
        seen.Grant)
    {
        // A glance that finds no later change says nothing of a flow that was not believed.
        LastChanged = doubted.IsEmpty ? seen.LastChanged : default,
        FlowsReadAt = seen.Block.Time,
    };
}

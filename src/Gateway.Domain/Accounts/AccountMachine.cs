using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;

namespace Gateway.Domain.Accounts;

/// <summary>Every transition of leases and of the flows that carry them: (book, event) → (book, effects), without IO.</summary>
/// <remarks>
/// One account is one consistency boundary: its leases share flows and a balance, so they change together.
/// <code>
/// Opening ──paid──► Active ◄──paid── Updating         breaker opens ► Paused ── half-open, paid ──► Active
///    │ refused          └──price──►────┘              any ── close ► Closing ── carried no more ──► Closed
///    └► Rejected                                      Paused ── grace spent ► Closing
/// </code>
/// </remarks>
public static class AccountMachine
{
    /// <summary>Adds a lease that admission accepted. What already flows to a payee without a lease of ours is foreign and stays.</summary>
    public static Decision Open(AccountBook book, Lease draft, AccountObservation seen)
    {
        var legs = draft.Payees.Select(p => p.Address).Distinct().Select(p => (p, draft.WantedFor(p)));
        var account = UnclaimedRate.ClaimAll(WithFlows(book, draft, seen), legs);
        var opened = (book with { Account = account }).With(draft with { Meter = draft.Meter });
        Effect[] effects = [Note(draft, NoteKind.Request, $"open at {draft.Rate}")];
        return FlowBook.Recompute(opened, effects, lowering: Urgency.Lower, draft.TraceParent);
    }

    /// <summary>A lost lease that the journal on chain brought back is opened again by its scheduler.</summary>
    /// <returns>Null: the terms are not those that the chain pays, so this is another request.</returns>
    public static Decision? Adopt(AccountBook book, Lease draft, AccountObservation seen) => Adopting.Adopt(book, draft, seen);

    /// <summary>Brings back what a lost store knew of this account, from our own operations on its flows.</summary>
    /// <param name="journal">Our newest operation on each flow.</param>
    /// <param name="ended">Leases that the journal names and that the store knows to have ended.</param>
    public static Restoration Restore(
        AccountBook book, IReadOnlyList<JournaledFlow> journal, ImmutableHashSet<LeaseId> ended, DateTimeOffset now) =>
        Restoring.Restore(Outdating(book, now), journal, ended, now);

    /// <summary>Generations begin above any that the lane may still know of this account: what is wanted from now on must not pass there for something older.</summary>
    private static AccountBook Outdating(AccountBook book, DateTimeOffset now) =>
        book with { Account = book.Account with { Version = Math.Max(book.Account.Version, checked((ulong)now.ToUnixTimeMilliseconds())) } };

    /// <summary>The account with a flow to each payee; one that no lease pays is whatever it is now, and foreign.</summary>
    internal static Account WithFlows(AccountBook book, Lease draft, AccountObservation seen)
    {
        var account = book.Account;
        foreach (var payee in draft.Payees)
        {
            // A flow that no lease pays any more, and that settlement has finished with, is whatever it is now.
            if (account.Flows.TryGetValue(payee.Address, out var known)
                && (known.Unclaimed.Leases > 0 || book.Leases.Values.Any(l => !l.IsEnded && l.Pays(payee.Address))))
                continue;
            var reading = seen.FlowTo(payee.Address);
            var flow = new Flow(payee.Address, reading.Rate, 0, reading.Rate, reading, seen.Block.Number);
            account = known?.Ledger is { } ledger
                ? account with { Flows = account.Flows.SetItem(payee.Address, flow with { Ledger = ledger }) }
                : Tallies.Begin(account, flow, seen.Block);
        }

        return account;
    }

    public static Decision Update(AccountBook book, LeaseId id, LeaseChange change)
    {
        var lease = book.Leases[id];
        var rate = change.Rate ?? lease.Rate;
        var next = lease with
        {
            Rate = rate,
            Priority = change.Priority ?? lease.Priority,
            PausedRate = change.PausedRate ?? lease.PausedRate,
            Pricing = PricingAfter(lease, change),
            TraceParent = change.TraceParent ?? lease.TraceParent,
            // A lower price binds the chain at once, a higher one only when it was seen there.
            PaidRate = FlowRate.Min(lease.PaidRate, rate),
        };
        if (rate != lease.Rate)
            next = next with { State = lease.State == LeaseState.Active ? LeaseState.Updating : lease.State };
        var (priced, sealing) = Reporting.Trimmed(next with
        {
            Meter = lease.Meter.Priced(change.EffectiveAt, p => p with { Running = change.Rate ?? p.Running, Paused = change.PausedRate ?? p.Paused }),
        });
        Effect[] effects = [Note(next, NoteKind.Request, $"update to {next.Rate}, priority {next.Priority}"), .. sealing];
        return FlowBook.Recompute(book.With(priced), effects, lowering: Urgency.Lower, next.TraceParent);
    }

    /// <summary>A price that is named takes the place of a list's; what a paused VM costs may be named beside it.</summary>
    private static LeasePricing? PricingAfter(Lease lease, LeaseChange change) => (change.Rate, change.PausedRate) switch
    {
        (not null, _) => change.Pricing,
        (null, not null) => lease.Pricing is { } pricing ? pricing with { IsPausedRateByPlan = false } : null,
        (null, null) => lease.Pricing,
    };

    /// <summary>Ends a lease. The VM is taken as stopped at <paramref name="endedAt"/>, so from here on its flow only costs.</summary>
    public static Decision Close(AccountBook book, LeaseId id, DateTimeOffset endedAt, string? traceParent)
    {
        var lease = book.Leases[id];
        var meter = lease.Meter.Ended(endedAt);
        var next = lease with
        {
            State = LeaseState.Closing,
            Execution = Execution.Terminate,
            Reason = Reason.ClosedByScheduler,
            MayRun = false,
            // What is sealed stays used: it ends where that does, at the earliest.
            ClosedAt = MeterTime.Later(endedAt, meter.FixedBefore ?? endedAt),
            Meter = meter,
            TraceParent = traceParent ?? lease.TraceParent,
        };
        Effect[] effects = [Note(next, NoteKind.Request, "close")];
        var decision = FlowBook.Recompute(book.With(next), effects, lowering: Urgency.StopLoss, next.TraceParent);
        return decision;
    }

    /// <summary>Drives the meter. A reported pause lets the flow fall to what a paused VM costs; a terminated VM ends its lease, or it would be paid for ever.</summary>
    /// <returns>Nothing, where it is known already, or where it is too late (<see cref="FitOf"/>).</returns>
    public static Decision Report(AccountBook book, LeaseId id, ExecutionReport report) => Reporting.Take(book, id, report);

    /// <summary>How a report stands to what is known of the lease. That a VM was terminated is never too late.</summary>
    public static ReportFit FitOf(Lease lease, ExecutionReport report) => report.Execution == Execution.Terminate
        ? ReportFit.Newest
        : lease.Meter.FitOf(report.Phase, report.Told, report.At);

    /// <summary>An operator holds the breaker open by hand.</summary>
    public static Decision Isolate(AccountBook book, LeaseId id, string why, DateTimeOffset now) =>
        MoveBreaker(book, id, BreakerMove.Plain(BreakerState.Isolated, Reason.Isolated) with { Evidence = Say(why) }, now);

    /// <summary>Lets go what <see cref="Isolate"/> held: the lease is probed like any other.</summary>
    public static Decision Release(AccountBook book, LeaseId id, DateTimeOffset now) =>
        (book.Leases[id].Breaker.State == BreakerState.Isolated, BreakerMoving.CanAbsorb(book, book.Leases[id])) switch
        {
            (true, true) => MoveBreaker(book, id, BreakerMove.Plain(BreakerState.HalfOpen, Reason.Recovered), now),
            // Let go by us, but somebody has taken the flow meanwhile: it waits for the payer, like any other.
            (true, false) => MoveBreaker(book, id, BreakerMove.Plain(BreakerState.Open, WhyTaken(book.Leases[id])), now),
            (false, _) => new Decision(book, []),
        };

    /// <summary>A hand that held the lease kept its own reason. A buffer that was lost tells of a liquidation; whatever else it was, the payer may have meant it.</summary>
    private static Reason WhyTaken(Lease lease) =>
        lease.Transactions.LastOrDefault(t => t.BufferLost is not null) is { BufferLost.IsZero: false } ? Reason.FlowLiquidated : Reason.FlowClosedByPayer;

    /// <summary>The chain would refuse what these leases want: opens are rejected, probes fail, raises wait with the reason shown.</summary>
    public static Decision Refuse(AccountBook book, SettlementRefusal refusal, DateTimeOffset now) => Refusing.Refuse(book, refusal, now);

    /// <summary>Takes over what an executed block shows. A block older than the last one taken over changes nothing.</summary>
    /// <param name="underWay">
    /// Payees whose flow settlement has not finished with, as of this block: a lease that ends is not closed before that. A flow that is not among them and
    /// not where it should be is marked again, whatever became of its mark. Null: not known.
    /// </param>
    /// <param name="outlook">Null: nothing is known to keep settlement from working.</param>
    /// <param name="doubted">Payees whose flow is not believed to be as it was read: it is left as it was last known. Null: none.</param>
    /// <param name="told">Changes since the blocks of the flows' ledgers, which may be older than what was last taken over. Null: no others are known.</param>
    public static Decision Observe(
        AccountBook book,
        AccountObservation seen,
        IReadOnlyList<FlowChange> changes,
        ImmutableHashSet<Address>? underWay = null,
        SettlementOutlook? outlook = null,
        ImmutableHashSet<Address>? doubted = null,
        IReadOnlyList<FlowChange>? told = null) =>
        FlowObserving.Observe(book, seen, changes, underWay, outlook ?? SettlementOutlook.Clear, doubted ?? [], told);

    /// <summary>Payees whose flow a look shows at a rate that neither what was known, nor what is wanted, nor the logs since then account for.</summary>
    /// <param name="book">The book before <see cref="Observe"/>.</param>
    public static IEnumerable<Address> Unexplained(AccountBook book, AccountObservation seen, IReadOnlyList<FlowChange> changes) =>
        FlowObserving.Unexplained(book, seen, changes);

    /// <summary>Payees of whose flow a log is missing: what is known of its changes does not account for what the chain says of it.</summary>
    /// <param name="book">The book before <see cref="Observe"/>.</param>
    /// <param name="told">Changes since the blocks of the flows' ledgers.</param>
    public static IEnumerable<Address> Unaccounted(AccountBook book, AccountObservation seen, IReadOnlyList<FlowChange> told) =>
        FlowObserving.Unaccounted(book, seen, told);

    /// <summary>What this look says about each lease. It changes nothing: the breakers decide what follows.</summary>
    /// <param name="book">The book after <see cref="Observe"/>.</param>
    public static IReadOnlyList<LeaseVerdict> Assess(
        AccountBook book, AccountObservation seen, IReadOnlyList<FlowChange> changes, AccountPolicy policy, SettlementOutlook? outlook = null) =>
        Assessing.Assess(book, seen, changes, policy, outlook ?? SettlementOutlook.Clear);

    /// <summary>What follows while the account cannot be looked at: nothing, until what was last verified no longer proves it funded.</summary>
    public static IReadOnlyList<LeaseVerdict> AssessUnverified(
        AccountBook book, TokenParameters parameters, AccountPolicy policy, ExposurePolicy exposure, DateTimeOffset now) =>
        Unverified.Assess(book, parameters, policy, exposure, now);

    /// <summary>What a verified look means beyond the breakers: what paused leases cost at the close margin, the end of their grace, warnings.</summary>
    /// <param name="decision">After <see cref="Observe"/>, and after every breaker that moved by <paramref name="verdicts"/>.</param>
    /// <param name="now">Of meters: the wall clock. Everything else goes by the look's own instant.</param>
    public static Decision Attend(
        Decision decision,
        AccountObservation seen,
        IReadOnlyList<LeaseVerdict> verdicts,
        AccountPolicy policy,
        DateTimeOffset now,
        SettlementOutlook? outlook = null) =>
        Ladder.Apply(decision, seen, verdicts, policy, outlook ?? SettlementOutlook.Clear, now);

    /// <summary>What follows for the flows from the difference between what they streamed and what was used: after every decision, whatever it was about.</summary>
    /// <param name="before">The book that the decision was made of.</param>
    public static Decision Correct(AccountBook before, Decision decision, AccountPolicy policy, DateTimeOffset now) => Drifting.Apply(before, decision, policy, now);

    /// <summary>A breaker moved: directives and flows follow from its level.</summary>
    public static Decision MoveBreaker(AccountBook book, LeaseId id, BreakerMove move, DateTimeOffset now) => BreakerMoving.Move(book, id, move, now);

    /// <summary>An uncertain bad look: counted, so that any replica goes on counting.</summary>
    public static Decision Strike(AccountBook book, LeaseId id, int strikes)
    {
        var lease = book.Leases[id];
        return new Decision(book.With(lease with { Breaker = lease.Breaker with { Strikes = strikes } }), []);
    }

    internal static Effect.Note Note(Lease lease, NoteKind kind, string summary, Evidence? evidence = null) => new(lease.Id, kind, summary, evidence);

    internal static Evidence Saw(AccountObservation seen, string detail) =>
        new(seen.Block.Number, seen.Block.Time.ToDateTimeOffset(), TransactionHash: null, detail);

    internal static Evidence Say(string detail) => new(Block: null, BlockTime: null, TransactionHash: null, detail);
}

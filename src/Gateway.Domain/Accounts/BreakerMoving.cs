using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>What follows from a lease's breaker: the state of the lease, the directive, and what its flows should carry.</summary>
internal static class BreakerMoving
{
    public static Decision Move(AccountBook book, LeaseId id, BreakerMove move, DateTimeOffset now)
    {
        var lease = book.Leases[id];
        if (lease.State == LeaseState.Closing || lease.IsEnded)
            return new Decision(book, []); // The close overtook the look: nothing is left to pause or to run.
        return move.To switch
        {
            BreakerState.Open or BreakerState.Isolated => Open(book, lease, move, now),
            BreakerState.HalfOpen => Probe(book, lease, move, now),
            BreakerState.Closed => Close(book, lease, move, now),
            BreakerState.Unspecified => new Decision(book, []),
        };
    }

    /// <summary>True where nothing is withheld, where the payer pays again at least what was, and where strangers took the flow of an account without money: no payer wanted that.</summary>
    public static bool CanAbsorb(AccountBook book, Lease lease) => lease.Withheld.All(payee =>
        book.Account.Flows.TryGetValue(payee, out var flow) && (IsLiquidated(lease) || flow.Foreign >= Missing(book, lease, flow)));

    /// <summary>Everything that is withheld of it was liquidated: it is made again once its account can carry it.</summary>
    public static bool IsLiquidated(Lease lease) => lease.Breaker.Reason == Reason.FlowLiquidated && !lease.Withheld.IsEmpty;

    /// <summary>What of a withheld leg is no longer paid as ours.</summary>
    private static FlowRate Missing(AccountBook book, Lease lease, Flow flow)
    {
        var leg = lease.PartOf(lease.Rate, flow.Payee);
        return lease.MayRun ? leg.MinusFloored(FlowBook.Retained(book, flow)) : leg;
    }

    private static Decision Open(AccountBook book, Lease lease, BreakerMove move, DateTimeOffset now)
    {
        var breaker = new LeaseBreaker(move.To, move.Reason, now, move.ProbeAt, Strikes: 0);
        var tells = lease.Execution != Execution.Pause;
        var next = lease with
        {
            State = LeaseState.Paused,
            Breaker = breaker,
            Execution = Execution.Pause,
            Reason = move.Reason,
            PaidRate = FlowRate.Zero,
            UnsettledSince = null,
            Withheld = lease.Withheld.Union(move.Uncovered),
        };
        // The next look would do it too, but what an operator holds by hand must not spend its grace until then.
        if (move.To == BreakerState.Isolated)
            next = next with { Grace = lease.Grace.Enter(GraceMode.Idle, LaterOf(now, book.Account.Health)) };
        var effects = new List<Effect> { AccountMachine.Note(next, NoteKind.Decision, $"breaker {move.To}: {move.Reason}", move.Evidence) };
        if (tells)
            effects.Add(new Effect.IssueDirective(lease.Id, lease.VmId, Execution.Pause, move.Reason, move.UnpaidFrom, move.Evidence));
        return FlowBook.Recompute(book.With(next), effects, lowering: Urgency.StopLoss, lease.TraceParent);
    }

    /// <summary>The clock of looks, which chains may lead.</summary>
    private static DateTimeOffset LaterOf(DateTimeOffset now, AccountHealth? last) =>
        last?.At.ToDateTimeOffset() is { } seen && seen > now ? seen : now;

    private static Decision Probe(AccountBook book, Lease lease, BreakerMove move, DateTimeOffset now)
    {
        if (!lease.Breaker.IsOpen || !CanAbsorb(book, lease))
            return new Decision(book, []);

        var account = book.Account;
        foreach (var payee in lease.Withheld)
        {
            var flow = account.Flows[payee];
            var missing = Missing(book, lease, flow);
            // Less than the whole leg is the payer's own, and stays beside it.
            if (flow.Foreign >= missing)
                account = account with { Flows = account.Flows.SetItem(payee, flow with { Foreign = flow.Foreign - missing }) };
        }

        var (next, sealing) = Reporting.Trimmed(lease with
        {
            Breaker = new LeaseBreaker(BreakerState.HalfOpen, move.Reason, now, ProbeAt: null, Strikes: 0),
            Withheld = [],
            IsCutOff = false,
            Meter = lease.IsCutOff ? lease.Meter.Priced(now, p => p with { IsCutOff = false }) : lease.Meter,
        });
        Effect[] effects = [AccountMachine.Note(next, NoteKind.Decision, "breaker half-open: the flow is being restored", move.Evidence), .. sealing];
        return FlowBook.Recompute((book with { Account = account }).With(next), effects, lowering: Urgency.Lower, lease.TraceParent);
    }

    private static Decision Close(AccountBook book, Lease lease, BreakerMove move, DateTimeOffset now)
    {
        var next = lease with
        {
            State = LeaseState.Active,
            Breaker = LeaseBreaker.ClosedAt(now),
            Execution = Execution.Run,
            Reason = Reason.Recovered,
            PaidRate = lease.Rate,
            MayRun = true,
        };
        Effect[] effects =
        [
            AccountMachine.Note(next, NoteKind.Decision, "breaker closed: paid again", move.Evidence),
            new Effect.IssueDirective(lease.Id, lease.VmId, Execution.Run, Reason.Recovered, UnpaidFrom: null, move.Evidence),
        ];
        return FlowBook.Recompute(book.With(next), effects, lowering: Urgency.Lower, lease.TraceParent);
    }
}

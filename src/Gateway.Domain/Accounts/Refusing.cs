using Gateway.Domain.Leases;

namespace Gateway.Domain.Accounts;

/// <summary>Settlement found that the chain would refuse a change: whose lease it was answers for it, the others keep what they have.</summary>
internal static class Refusing
{
    /// <summary>A probe that the chain refused is not made again at once: nothing but the payer's doing can change the answer.</summary>
    private static readonly TimeSpan ProbeAgainAfter = TimeSpan.FromSeconds(15);

    public static Decision Refuse(AccountBook book, SettlementRefusal refusal, DateTimeOffset now)
    {
        var touched = book.Leases.Values.Where(l => l.Payees.Any(p => refusal.Payees.Contains(p.Address))).ToList();
        var evidence = AccountMachine.Say(refusal.Detail);

        // The youngest of what is new gives way first, one at a time: the next attempt may fit without it.
        var newest = touched.Where(l => l.State == LeaseState.Opening).OrderBy(l => l.Priority).ThenByDescending(l => l.OpenedAt).ThenByDescending(l => l.Id).FirstOrDefault();
        if (newest is not null)
            return Reject(book, newest, refusal.Reason, evidence, now);

        var probe = touched.Where(l => l.Breaker.State == BreakerState.HalfOpen).OrderBy(l => l.Priority).ThenByDescending(l => l.OpenedAt).FirstOrDefault();
        if (probe is not null)
        {
            var reopened = new BreakerMove(BreakerState.Open, refusal.Reason, now + ProbeAgainAfter, UnpaidFrom: null, evidence, Uncovered: []);
            return BreakerMoving.Move(book, probe.Id, reopened, now);
        }

        // What runs is still paid at its former price: nothing is paused, the lease says why the change waits.
        var effects = new List<Effect>();
        foreach (var lease in touched.Where(l => l.State is LeaseState.Active or LeaseState.Updating or LeaseState.Closing && l.Reason != refusal.Reason))
        {
            var noted = lease with { Reason = refusal.Reason };
            book = book.With(noted);
            effects.Add(AccountMachine.Note(noted, NoteKind.Observation, $"refused by the chain: {refusal.Reason}", evidence));
        }

        return new Decision(book, effects);
    }

    private static Decision Reject(AccountBook book, Lease lease, Reason reason, Evidence evidence, DateTimeOffset now)
    {
        var next = lease with
        {
            State = LeaseState.Rejected,
            Execution = Execution.Terminate,
            Reason = reason,
            ClosedAt = now,
            MayRun = false,
        };
        Effect[] effects =
        [
            AccountMachine.Note(next, NoteKind.Decision, $"rejected: {reason}", evidence),
            new Effect.IssueDirective(lease.Id, lease.VmId, Execution.Terminate, reason, UnpaidFrom: null, evidence),
        ];
        return FlowBook.Recompute(book.With(next), effects, lowering: Urgency.Lower, lease.TraceParent);
    }
}

using Gateway.Domain.Leases;

namespace Gateway.Domain.Accounts;

/// <summary>How long a lease may stay paused for its payer's sake: beyond its grace it is terminated, and its node is free again.</summary>
internal static class Gracing
{
    /// <param name="resuming">Leases that this look found may be resumed: a top-up that came in the last second counts.</param>
    /// <param name="short">Leases that would be resumed if the account had the money.</param>
    /// <param name="now">Of the meter; the grace goes by the look's own instant.</param>
    public static Decision Apply(
        Decision decision, AccountObservation seen, AccountPolicy policy, IReadOnlySet<Identity.LeaseId> resuming, IReadOnlySet<Identity.LeaseId> @short, DateTimeOffset now)
    {
        var (book, effects) = (decision.Book, decision.Effects.ToList());
        var at = seen.At.ToDateTimeOffset();
        var ended = false;
        foreach (var lease in book.Leases.Values.Where(l => l.State != LeaseState.Closing && !l.IsEnded))
        {
            var next = @short.Contains(lease.Id) ? NowForTheMoney(lease, seen, effects) : lease;
            var grace = next.Grace.Enter(ModeOf(next), at);
            if (grace != next.Grace)
                next = next with { Grace = grace };
            if (grace.EndsAt(policy.Grace) <= at && !resuming.Contains(lease.Id))
            {
                next = Terminate(next, seen, policy, effects, now);
                ended = true;
            }

            if (!ReferenceEquals(next, lease))
                book = book.With(next);
        }

        if (ReferenceEquals(book, decision.Book))
            return decision;
        return ended ? FlowBook.Recompute(book, effects, lowering: Urgency.StopLoss, traceParent: null) : new Decision(book, effects);
    }

    /// <summary>What the passing time does to the grace of a lease as it stands now.</summary>
    public static GraceMode ModeOf(Lease lease) => lease.State switch
    {
        LeaseState.Paused => lease.Breaker.State == BreakerState.Open && IsDefault(lease.Breaker.Reason) ? GraceMode.Spending : GraceMode.Idle,
        LeaseState.Active or LeaseState.Updating => GraceMode.Earning,
        LeaseState.Unspecified or LeaseState.Opening or LeaseState.Closing or LeaseState.Closed or LeaseState.Rejected => GraceMode.Idle,
    };

    /// <summary>True for what the payer or a payee has to mend. Our own lag, an outage, an operator's hand are nobody's default.</summary>
    public static bool IsDefault(Reason reason) => reason switch
    {
        Reason.RunwayLow or Reason.InsufficientBalance => true,
        Reason.FlowClosedByPayer or Reason.FlowClosedByPayee or Reason.FlowClosedByOther or Reason.FlowLiquidated or Reason.FlowRateLowered => true,
        Reason.PermissionRevoked or Reason.AllowanceExhausted or Reason.PayeeRejected => true,
        Reason.ChainUnreachable or Reason.SettlementStalled or Reason.GasAboveCeiling or Reason.Uneconomic or Reason.Isolated => false,
        Reason.Unspecified or Reason.Funded or Reason.Recovered or Reason.GraceExpired or Reason.ClosedByScheduler => false,
    };

    /// <summary>It was paused for our sake; a look now shows that it would not be resumed without us in the way either.</summary>
    private static Lease NowForTheMoney(Lease lease, AccountObservation seen, List<Effect> effects)
    {
        if (IsDefault(lease.Breaker.Reason))
            return lease;
        var next = lease with { Reason = Reason.RunwayLow, Breaker = lease.Breaker with { Reason = Reason.RunwayLow } };
        var evidence = AccountMachine.Saw(seen, $"balance {seen.AvailableBalance}, net rate {seen.NetFlowRate}");
        effects.Add(AccountMachine.Note(next, NoteKind.Observation, $"no longer for {lease.Breaker.Reason}: the account cannot carry it", evidence));
        return next;
    }

    private static Lease Terminate(Lease lease, AccountObservation seen, AccountPolicy policy, List<Effect> effects, DateTimeOffset now)
    {
        var evidence = AccountMachine.Saw(seen, $"paused since {lease.Breaker.ChangedAt:O} for {lease.Breaker.Reason}; the grace of {policy.Grace:c} is spent");
        var next = lease with
        {
            State = LeaseState.Closing,
            Execution = Execution.Terminate,
            Reason = Reason.GraceExpired,
            Breaker = lease.Breaker with { Reason = Reason.GraceExpired, ChangedAt = now, ProbeAt = null },
            MayRun = false,
            ClosedAt = now,
            Meter = lease.Meter.Ended(now),
            Grace = lease.Grace.Enter(GraceMode.Idle, seen.At.ToDateTimeOffset()),
        };
        effects.Add(AccountMachine.Note(next, NoteKind.Decision, "terminated: its grace is spent", evidence));
        effects.Add(new Effect.IssueDirective(lease.Id, lease.VmId, Execution.Terminate, Reason.GraceExpired, UnpaidFrom: null, evidence));
        return next;
    }
}

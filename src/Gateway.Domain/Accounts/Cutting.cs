using Gateway.Domain.Leases;

namespace Gateway.Domain.Accounts;

/// <summary>The account nears its critical second although its VMs are paused: what they still cost is closed while a close gives the buffer back.</summary>
/// <remarks>In the order in which they were paused, and only as many as bring the rest back above the margin; what they cost comes back in reverse, with hysteresis.</remarks>
internal static class Cutting
{
    /// <param name="resuming">Leases that are about to be resumed: their flow is made again at its full price, and not twice.</param>
    /// <param name="now">Of the meter.</param>
    public static Decision Apply(
        Decision decision, AccountObservation seen, AccountPolicy policy, IReadOnlySet<Identity.LeaseId> resuming, DateTimeOffset now)
    {
        var (book, effects) = (decision.Book, decision.Effects.ToList());
        var projection = Projection.OfDesired(book, seen);
        var isPressing = projection.IsCriticalWithin(policy.CloseMarginSeconds);
        var leases = Coverage.InKeepingOrder(book.Leases.Values.Where(l => isPressing ? CanBeCut(l, policy) : CanBeCarried(l, seen.Grant, resuming))).ToList();
        if (isPressing)
            leases.Reverse();
        foreach (var lease in leases)
        {
            var next = lease with { IsCutOff = isPressing };
            var moved = projection.Move(lease, lease.WantedRate, next.WantedRate);
            var isDue = isPressing
                ? projection.IsCriticalWithin(policy.CloseMarginSeconds)
                : !moved.AvailableBalance.IsNegative && !moved.IsCriticalWithin(policy.ResumeMarginSeconds);
            if (!isDue)
                break;
            projection = moved;
            (next, var sealing) = Reporting.Trimmed(next with { Meter = lease.Meter.Priced(now, p => p with { IsCutOff = isPressing }) });
            effects.AddRange(sealing);
            book = book.With(next);
            var what = isPressing ? "its flow is closed: the account nears its critical second" : "the account carries what it costs while paused again";
            effects.Add(AccountMachine.Note(next, NoteKind.Decision, what, AccountMachine.Saw(seen, $"balance {seen.AvailableBalance}, net rate {seen.NetFlowRate}")));
        }

        return ReferenceEquals(book, decision.Book) ? decision : FlowBook.Recompute(book, effects, lowering: Urgency.StopLoss, traceParent: null);
    }

    /// <summary>Paused, and still paid something that may be closed.</summary>
    public static bool CanBeCut(Lease lease, AccountPolicy policy) =>
        lease is { State: LeaseState.Paused, IsCutOff: false, Breaker.IsOpen: true } && !lease.WantedRate.IsZero
        && (!lease.MayRun || policy.Protect == Protection.Customer);

    private static bool CanBeCarried(Lease lease, OperatorGrant grant, IReadOnlySet<Identity.LeaseId> resuming) =>
        lease is { State: LeaseState.Paused, IsCutOff: true, MayRun: false, Breaker.IsOpen: true } && !lease.PausedRate.IsZero
        && lease.Withheld.IsEmpty && !resuming.Contains(lease.Id) && grant is { CanCreate: true, CanUpdate: true, CanDelete: true } && grant.Allowance >= lease.PausedRate;
}

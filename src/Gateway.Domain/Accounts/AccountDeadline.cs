using Gateway.Domain.Leases;

namespace Gateway.Domain.Accounts;

/// <summary>When an account must be looked at again, whatever events say or fail to say.</summary>
public static class AccountDeadline
{
    /// <summary>The earliest of the audit, the seconds at which a VM must be paused, a paused one's flow closed, its payer warned or its grace ended, a flow closed or its trim ended for its drift, or too much owed by one that a trim keeps low, a due probe, and the next look where the last one left a doubt. Null: nobody depends on this account.</summary>
    /// <param name="audit">Longest time between two looks.</param>
    public static DateTimeOffset? Next(AccountBook book, AccountPolicy policy, TimeSpan audit, DateTimeOffset now)
    {
        if (book.Leases.Count == 0 && book.Account.Flows.Values.All(f => f.Desired == f.Observed.Rate && f.Ledger?.IsCurrent(f) != false))
            return null;

        var next = now + audit;
        if (book.Account.Health?.CriticalAt is { } critical && book.Leases.Values.Any(l => l.State is LeaseState.Active or LeaseState.Updating))
            next = Earlier(next, BeforeCritical(critical.UnixSeconds, policy.PauseMarginSeconds, now));
        if (book.Account.Health?.CriticalAt is { } nears && book.Leases.Values.Any(l => Cutting.CanBeCut(l, policy)))
            next = Earlier(next, BeforeCritical(nears.UnixSeconds, policy.CloseMarginSeconds, now));
        if (book.Leases.Count > 0 && Warning.NextCrossing(book.Account, policy) is { } crossing)
            next = Earlier(next, BeforeCritical(crossing.UnixSeconds, 0, now));
        foreach (var flow in book.Account.Flows.Values)
        {
            if (Drifting.NextAt(book, flow, policy, now) is { } due)
                next = Earlier(next, due);
            if (Owing.NextAt(book, flow, policy, (book.Account.Health?.At ?? default).AtOrAfter(now)) is { } owing)
                next = Earlier(next, owing);
        }

        foreach (var lease in book.Leases.Values)
        {
            if (lease.State == LeaseState.Paused && lease.Grace.EndsAt(policy.Grace) is { } end)
                next = Earlier(next, end);
            // One that has passed found nothing better: what makes it better shows on the account.
            if (lease.Breaker is { State: BreakerState.Open, ProbeAt: { } probe } && probe > now)
                next = Earlier(next, probe);
            if (lease.UnsettledSince is { } since)
                next = Earlier(next, since + policy.SettlementPatience + TimeSpan.FromSeconds(1));
            // A doubt is settled by looking again. So is what waits for a look alone: settlement, which would call for one, has nothing to do for it.
            if (lease.Breaker.Strikes > 0 || WaitsForLook(book, lease))
                next = now;
        }

        // A deadline that has passed means "soon", not "in a tight loop".
        var soonest = now + TimeSpan.FromSeconds(1);
        return next < soonest ? soonest : next;
    }

    /// <summary>The lease is on its way, and every flow of it is as it is wanted: only a look can bring it further.</summary>
    public static bool WaitsForLook(AccountBook book, Lease lease) => IsWaiting(lease) && IsSettled(book, lease);

    private static bool IsWaiting(Lease lease) =>
        lease.State is LeaseState.Opening or LeaseState.Updating or LeaseState.Closing || lease.Breaker.State == BreakerState.HalfOpen;

    private static bool IsSettled(AccountBook book, Lease lease) => lease.Payees.All(p =>
        !book.Account.Flows.TryGetValue(p.Address, out var flow) || (flow.Desired == flow.Observed.Rate && flow.Correction.Kept is null));

    private static DateTimeOffset Earlier(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;

    private static DateTimeOffset BeforeCritical(ulong criticalSeconds, ulong marginSeconds, DateTimeOffset now)
    {
        var at = criticalSeconds > marginSeconds ? criticalSeconds - marginSeconds : 0;
        var latest = (ulong)now.AddDays(365).ToUnixTimeSeconds();
        return DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(at, latest));
    }
}

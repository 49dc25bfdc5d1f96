using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>One verdict per lease from one look at its account.</summary>
internal static class Assessing
{
    public static IReadOnlyList<LeaseVerdict> Assess(
        AccountBook book, AccountObservation seen, IReadOnlyList<FlowChange> changes, AccountPolicy policy, SettlementOutlook outlook)
    {
        var uncovered = Uncovered(book);
        var (shortOf, resumable) = PauseOrder.Choose(book, seen, policy);
        var unpaid = Owing.Unpaid(book, policy, seen.At);
        var satisfied = book.Account.Flows.ToDictionary(f => f.Key, f => Coverage.SatisfiedBy(book, f.Value));
        var verdicts = new List<LeaseVerdict>();
        foreach (var lease in book.Leases.Values.Where(l => l.State is not LeaseState.Closing && !l.IsEnded))
        {
            if (uncovered.TryGetValue(lease.Id, out var payees))
                verdicts.Add(Disrupted(lease, payees, book, changes, seen));
            else if (shortOf.Contains(lease.Id))
                verdicts.Add(RunningDry(lease, seen));
            else if (unpaid.Contains(lease.Id))
                verdicts.Add(Owing.Verdict(book, lease, seen, outlook));
            else if (SettlementWaiting.IsOverdue(lease, policy, seen.At.ToDateTimeOffset()))
                verdicts.Add(SettlementWaiting.Overdue(lease, seen, outlook));
            else if (SettlementOutlook.IsCauseOf(lease.Breaker.Reason) && !outlook.CanRaise && !IsPaidAgain(book, lease, satisfied))
                verdicts.Add(LeaseVerdict.Of(lease.Id, LeaseHealth.Unknown)); // A probe would only wait, and keep the flow up meanwhile.
            else
                verdicts.Add(Healthy(lease, HealthOf(book, lease, resumable, satisfied), seen));
        }

        return verdicts;
    }

    private static Dictionary<LeaseId, ImmutableHashSet<Address>> Uncovered(AccountBook book)
    {
        var uncovered = new Dictionary<LeaseId, ImmutableHashSet<Address>>();
        foreach (var flow in book.Account.Flows.Values)
        {
            foreach (var lease in Coverage.UncoveredBy(book, flow))
                uncovered[lease] = uncovered.GetValueOrDefault(lease, []).Add(flow.Payee);
        }

        return uncovered;
    }

    private static LeaseVerdict Disrupted(
        Lease lease, ImmutableHashSet<Address> payees, AccountBook book, IReadOnlyList<FlowChange> changes, AccountObservation seen)
    {
        // The last cut of each flow by somebody else explains it, and what a liquidator took comes after what somebody meant; without a log the reading alone
        // is one node's word, and needs repeating.
        var cuts = changes.Where(c => c.IsExternal && c.Cause != ChangeCause.Unknown && payees.Contains(c.Payee)).GroupBy(c => c.Payee).Select(g => g.Last()).ToList();
        var change = cuts.LastOrDefault(c => c.Reason != Reason.FlowLiquidated) ?? cuts.LastOrDefault();
        if (change is not null)
        {
            return new LeaseVerdict(
                lease.Id, LeaseHealth.Bad, IsCertain: true, change.Reason, change.Evidence.BlockTime, change.Evidence, payees);
        }

        var closed = payees.Any(p => book.Account.Flows[p].Observed.Rate.IsZero);
        var evidence = AccountMachine.Saw(seen, "the flow is below what is due, and no log explains it");
        return new LeaseVerdict(
            lease.Id, LeaseHealth.Bad, IsCertain: false, closed ? Reason.FlowClosedByOther : Reason.FlowRateLowered, evidence.BlockTime, evidence, payees);
    }

    /// <summary>What lets a VM run again is told with it.</summary>
    private static LeaseVerdict Healthy(Lease lease, LeaseHealth health, AccountObservation seen) => LeaseVerdict.Of(lease.Id, health) with
    {
        Evidence = health == LeaseHealth.Good && lease.Breaker.State == BreakerState.HalfOpen ? AccountMachine.Saw(seen, "every leg is paid again") : null,
    };

    private static LeaseVerdict RunningDry(Lease lease, AccountObservation seen)
    {
        var critical = Solvency.CriticalAt(seen.AvailableBalance, seen.NetFlowRate, seen.At);
        var detail = $"balance {seen.AvailableBalance}, net rate {seen.NetFlowRate}";
        var evidence = AccountMachine.Saw(seen, detail);
        return new LeaseVerdict(lease.Id, LeaseHealth.Bad, IsCertain: true, Reason.RunwayLow, critical?.ToDateTimeOffset(), evidence, []);
    }

    /// <summary>The chain carries the price of a lease that is paused, or being probed: there is nothing left to be raised for it.</summary>
    private static bool IsPaidAgain(AccountBook book, Lease lease, IReadOnlyDictionary<Address, ImmutableHashSet<LeaseId>> satisfied) =>
        ((lease.MayRun && !lease.IsCutOff) || lease.Breaker.State == BreakerState.HalfOpen) && Coverage.IsFullyPaid(book, lease, satisfied);

    private static LeaseHealth HealthOf(
        AccountBook book,
        Lease lease,
        ImmutableHashSet<LeaseId> resumable,
        Dictionary<Address, ImmutableHashSet<LeaseId>> satisfied) => lease.Breaker.State switch
        {
            BreakerState.HalfOpen => Coverage.IsFullyPaid(book, lease, satisfied) ? LeaseHealth.Good : LeaseHealth.Unknown,
            BreakerState.Open => resumable.Contains(lease.Id) ? LeaseHealth.Recoverable : LeaseHealth.Unknown,
            BreakerState.Isolated => LeaseHealth.Unknown,
            BreakerState.Closed or BreakerState.Unspecified => lease.State == LeaseState.Active ? LeaseHealth.Good : LeaseHealth.Unknown,
        };

    /// <summary>What opened it is gone: the payer pays again what he had closed, or the grant that was missing is there.</summary>
    public static bool CanBeRestored(AccountBook book, Lease lease, OperatorGrant grant)
    {
        if (!BreakerMoving.CanAbsorb(book, lease))
            return false;
        // Nothing was lowered yet (the pause was never reported): no raise is needed, and so no permission.
        var kept = BreakerMoving.IsLiquidated(lease) ? FlowRate.Zero : lease.WantedRate;
        if (kept >= lease.Rate)
            return true;
        return grant.CanCreate && grant.CanUpdate && grant.CanDelete && grant.Allowance >= lease.Rate.MinusFloored(kept);
    }
}

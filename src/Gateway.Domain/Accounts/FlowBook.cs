using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>Flows as sums: desired = foreign + Σ wanted legs (+ their trim), computed anew from the leases after every change.</summary>
internal static class FlowBook
{
    /// <summary>Brings every flow's desired rate in line with the leases, and marks those that changed.</summary>
    /// <param name="lowering">How urgent a rate is that falls: a stopped VM loses the customer's money, a lower price can wait.</param>
    public static Decision Recompute(AccountBook book, IEnumerable<Effect> effects, Urgency lowering, string? traceParent)
    {
        var account = book.Account;
        var all = effects.ToList();
        // The version this decision will be stored under: generations stay monotonic even where a flow is forgotten and made anew.
        var generation = account.Version + 1;
        var payees = book.Leases.Values.SelectMany(l => l.Payees).Select(p => p.Address).Concat(account.Flows.Keys).Distinct().Order();
        foreach (var payee in payees)
        {
            var flow = account.Flows.GetValueOrDefault(payee) ?? new Flow(payee, FlowRate.Zero, 0, FlowRate.Zero, FlowReading.None, default);
            flow = flow with { Correction = flow.Correction.For(book.LegsOf(payee)) };
            var desired = DesiredOf(book, flow);
            if (desired != flow.Desired)
            {
                flow = flow with { Desired = desired, Generation = generation };
                all.Add(new Effect.MarkFlow(
                    new FlowKey(account.Key.SuperToken, account.Key.Payer, payee), desired, generation, UrgencyOf(flow, desired, lowering), traceParent));
            }

            account = account with { Flows = account.Flows.SetItem(payee, flow) };
        }

        return new Decision(book with { Account = account }, all);
    }

    /// <summary>Marks flows that are not where they should be, and were not marked by this decision already. A new generation ends any back-off.</summary>
    /// <param name="but">Payees whose flow is left as it is.</param>
    public static Decision MarkAgain(Decision decision, ImmutableHashSet<Address> but)
    {
        var (account, effects) = (decision.Book.Account, decision.Effects.ToList());
        foreach (var flow in account.Flows.Values.Where(f => f.Desired != f.Observed.Rate && f.Generation <= account.Version && !but.Contains(f.Payee)))
        {
            var again = flow with { Generation = account.Version + 1 };
            var key = new FlowKey(account.Key.SuperToken, account.Key.Payer, flow.Payee);
            effects.Add(new Effect.MarkFlow(key, flow.Desired, again.Generation, UrgencyOf(flow, flow.Desired, Urgency.StopLoss), TraceParent: null));
            account = account with { Flows = account.Flows.SetItem(flow.Payee, again) };
        }

        return new Decision(decision.Book with { Account = account }, effects);
    }

    /// <summary>Gives a flow another correction than the decision left it.</summary>
    /// <param name="before">The book that the decision was made of: a flow that comes back to what was wanted there needs no mark.</param>
    /// <param name="urgency">Of what is marked for this alone.</param>
    public static Decision Correct(
        AccountBook before, Decision decision, Flow flow, FlowCorrection correction, Urgency urgency, IEnumerable<Effect.Note> notes)
    {
        var (account, effects) = (decision.Book.Account, decision.Effects.ToList());
        var mark = effects.OfType<Effect.MarkFlow>().LastOrDefault(m => m.Flow.Payee == flow.Payee);
        var corrected = flow with { Correction = correction };
        corrected = corrected with { Desired = DesiredOf(decision.Book, corrected) };
        if (corrected.Desired != flow.Desired)
        {
            effects.RemoveAll(e => e is Effect.MarkFlow m && m.Flow.Payee == flow.Payee);
            var generation = account.Version + 1;
            if (flow.Generation == generation && before.Account.Flows.GetValueOrDefault(flow.Payee) is { } was && was.Desired == corrected.Desired)
            {
                corrected = corrected with { Generation = was.Generation };
            }
            else
            {
                corrected = corrected with { Generation = generation };
                effects.Add(new Effect.MarkFlow(
                    new FlowKey(account.Key.SuperToken, account.Key.Payer, flow.Payee), corrected.Desired, generation, mark?.Urgency ?? urgency, mark?.TraceParent));
            }

            effects.AddRange(notes);
        }

        return new Decision(decision.Book with { Account = account with { Flows = account.Flows.SetItem(flow.Payee, corrected) } }, effects);
    }

    /// <summary>What of the flow the payer still pays for VMs that may run although somebody lowered it: the node is owed that until their pause is reported.</summary>
    /// <remarks>Kept, never raised: it is at most what is observed beyond all that is wanted.</remarks>
    public static FlowRate Retained(AccountBook book, Flow flow)
    {
        var owed = book.Leases.Values
            .Where(l => l is { State: LeaseState.Paused, MayRun: true, IsCutOff: false } && l.Withheld.Contains(flow.Payee))
            .Aggregate(FlowRate.Zero, (sum, lease) => sum + lease.PartOf(lease.Rate, flow.Payee));
        return owed.IsZero ? owed : FlowRate.Min(owed, flow.Observed.Rate.MinusFloored(flow.Foreign + book.LegsOf(flow.Payee)));
    }

    private static FlowRate DesiredOf(AccountBook book, Flow flow) =>
        flow.Foreign + flow.Correction.On(book.LegsOf(flow.Payee)) + Retained(book, flow);

    /// <summary>Drops flows that are verified gone and nobody's: keeping them would grow the account with every node its payer ever used.</summary>
    /// <param name="underWay">Flows that settlement has not finished with: what was sent for them may still show.</param>
    public static AccountBook Forget(AccountBook book, ImmutableHashSet<Address> underWay)
    {
        // One that this decision marks is about to be under way, whatever was known of it before.
        // One of which a log is missing waits for it: what remains of it is not known before.
        var gone = book.Account.Flows.Values.Where(f => f.Desired.IsZero && f.Observed.Rate.IsZero && f.Generation <= book.Account.Version
            && f.Ledger?.IsCurrent(f) != false && !underWay.Contains(f.Payee) && !book.Leases.Values.Any(l => !l.IsEnded && l.Pays(f.Payee)));
        return book with { Account = gone.Aggregate(book.Account, Tallies.Leave) };
    }

    private static Urgency UrgencyOf(Flow flow, FlowRate desired, Urgency lowering)
    {
        if (desired <= flow.Observed.Rate)
            return lowering;
        return flow.Observed.Rate.IsZero ? Urgency.Open : Urgency.Raise;
    }
}

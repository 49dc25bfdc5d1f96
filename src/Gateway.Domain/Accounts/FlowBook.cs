using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>Flows as sums: desired = foreign + Σ wanted legs, computed anew from the leases after every change.</summary>
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
            var desired = book.Leases.Values.Aggregate(flow.Foreign, (sum, lease) => sum + lease.WantedFor(payee));
            if (desired != flow.Desired)
            {
                flow = flow with { Desired = desired, Generation = generation };
                all.Add(new Effect.MarkFlow(
                    new FlowKey(account.Key.SuperToken, account.Key.Payer, payee), desired, generation, UrgencyOf(flow, desired, lowering), traceParent));
            }

            account = account with { Flows = account.Flows.SetItem(payee, flow) };
        }

        return new Decision(Forget(book with { Account = account }), all);
    }

    /// <summary>Drops flows that are verified gone and nobody's: keeping them would grow the account with every node its payer ever used.</summary>
    public static AccountBook Forget(AccountBook book)
    {
        var gone = book.Account.Flows.Values.Where(f => f.Desired.IsZero && f.Observed.Rate.IsZero && !book.Leases.Values.Any(l => !l.IsEnded && l.Pays(f.Payee)));
        return book with { Account = book.Account with { Flows = book.Account.Flows.RemoveRange(gone.Select(f => f.Payee)) } };
    }

    private static Urgency UrgencyOf(Flow flow, FlowRate desired, Urgency lowering)
    {
        if (desired <= flow.Observed.Rate)
            return lowering;
        return flow.Observed.Rate.IsZero ? Urgency.Open : Urgency.Raise;
    }
}

using System.Numerics;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;

namespace Gateway.Domain.Accounts;

/// <summary>A lease that was restored from the journal is opened again: what the journal could not tell is known again.</summary>
internal static class Adopting
{
    /// <returns>Null: the terms are not those that the chain pays, so this is another request.</returns>
    public static Decision? Adopt(AccountBook book, Lease draft, AccountObservation seen)
    {
        var restored = book.Leases[draft.Id];
        if (restored.State == LeaseState.Closing || restored.IsEnded)
            return null;
        draft = AtItsPrice(draft, restored);
        var (isRunning, isPaused) = (IsPaidAt(draft, draft.Rate, restored), IsPaidAt(draft, draft.PausedRate, restored));
        if (!(isRunning || isPaused || (draft.Pricing is not null && restored.Payees.All(p => draft.Pays(p.Address)))))
            return null;

        var account = AccountMachine.WithFlows(book, draft, seen);
        var missing = draft.Payees.Select(p => p.Address).Distinct().Where(p => !restored.Pays(p)).Select(p => (Payee: p, Leg: draft.PartOf(draft.Rate, p))).ToList();
        // What it was paused at is less than what it wants now: it is opened like any other, from where the flow stands.
        var isPaid = isRunning && missing.TrueForAll(m => account.Flows[m.Payee].Unclaimed.PartOf(m.Leg) == m.Leg);
        account = UnclaimedRate.ClaimAll(account, missing);
        var runs = isPaid && restored.State == LeaseState.Active && IsSeenPaid(draft, seen);
        var next = draft with
        {
            State = isPaid || restored.State == LeaseState.Paused ? restored.State : LeaseState.Opening,
            PaidRate = isPaid ? draft.Rate : FlowRate.Zero,
            Breaker = restored.Breaker,
            Withheld = restored.Withheld,
            Execution = runs ? Execution.Run : isPaid || restored.State == LeaseState.Paused ? restored.Execution : Execution.Wait,
            Reason = runs ? Reason.Funded : restored.Reason,
            MayRun = restored.MayRun,
            IsCutOff = restored.IsCutOff,
            Grace = restored.Grace,
            OpenedAt = restored.OpenedAt,
            RestoredAt = restored.RestoredAt,
            ReportedAt = restored.ReportedAt,
            // The journal knew one rate of it: what it cost in each phase is known again, from the beginning.
            // Where a list prices it anew, it cost until now what was paid.
            Meter = restored.Meter.Priced(
                isRunning || isPaused ? restored.OpenedAt : seen.At.ToDateTimeOffset(), p => p with { Running = draft.Rate, Paused = draft.PausedRate }),
            Transactions = restored.Transactions,
            Version = restored.Version,
        };
        var adopted = (book with { Account = account }).With(next);
        List<Effect> effects = [AccountMachine.Note(next, NoteKind.Request, $"opened again at {next.Rate}")];
        // Restoring ordered nothing, and what was ordered before is lost.
        if (runs)
            effects.Add(new Effect.IssueDirective(next.Id, next.VmId, Execution.Run, Reason.Funded, UnpaidFrom: null, AccountMachine.Say("opened again, and paid")));
        return FlowBook.Recompute(adopted, effects, lowering: Urgency.Lower, draft.TraceParent);
    }

    /// <summary>A lease keeps the price that it has, whatever list is in force when it is opened again.</summary>
    /// <remarks>
    /// The journal says what is paid, and neither the list that priced it nor whether its VM ran. What is nearer to the price of the running VM than to that of the paused one,
    /// as prices are compared, by their ratio, is taken for the former one's. Anything else is opened at the list in force, from where its flows stand.
    /// </remarks>
    private static Lease AtItsPrice(Lease draft, Lease restored)
    {
        if (draft.Pricing is not { } pricing || IsPaidAt(draft, draft.Rate, restored) || IsPaidAt(draft, draft.PausedRate, restored))
            return draft;
        var isWhole = IsPaidAt(draft, restored.Rate, restored) && draft.Payees.All(p => restored.Pays(p.Address));
        return isWhole && Square(restored.Rate) > Wei(draft.PausedRate) * Wei(draft.Rate)
            ? draft with { Rate = restored.Rate, PausedRate = FlowRate.Min(draft.PausedRate, restored.Rate), Pricing = pricing with { ListVersion = LeasePricing.Forgotten } }
            : draft;

        static BigInteger Wei(FlowRate rate) => (BigInteger)rate.WeiPerSecond;
        static BigInteger Square(FlowRate rate) => Wei(rate) * Wei(rate);
    }

    private static bool IsSeenPaid(Lease draft, AccountObservation seen) =>
        draft.Payees.All(p => seen.FlowTo(p.Address).Rate >= draft.PartOf(draft.Rate, p.Address));

    /// <summary>Every leg that the chain pays for it is the leg of this price.</summary>
    private static bool IsPaidAt(Lease draft, FlowRate rate, Lease restored) => !rate.IsZero
        && restored.Payees.All(p => draft.Pays(p.Address) && draft.PartOf(rate, p.Address) == restored.PartOf(restored.Rate, p.Address));
}

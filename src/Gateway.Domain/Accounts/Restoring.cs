using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>What the journal on chain brought back into an account.</summary>
/// <param name="Restored">Leases that the book did not have.</param>
/// <param name="Held">Leases that our own later operations no longer paid: paused or closed after the state that the store was set back to.</param>
public sealed record Restoration(Decision Decision, ImmutableArray<LeaseId> Restored, ImmutableArray<LeaseId> Held);

/// <summary>Brings back what a lost store knew of one account, from our own operations on its flows.</summary>
/// <remarks>
/// Each flow becomes what our last operation on it left, as of that operation's block. What others did since is found by the next look, from the logs behind
/// that block, like any other change. Where the account has seen something newer it knows better, and only what it lacks is added. Twice is once.
/// </remarks>
internal static class Restoring
{
    /// <param name="journal">At most one entry per payee.</param>
    /// <param name="ended">Leases of the journal that the store knows to have ended.</param>
    public static Restoration Restore(AccountBook book, IReadOnlyList<JournaledFlow> journal, ImmutableHashSet<LeaseId> ended, DateTimeOffset now)
    {
        var telling = journal.Where(j => IsNews(book, j) || IsUnchanged(book, j)).ToList();
        var restored = Leases(book, telling, ended, now);
        var next = restored.Aggregate(Flows(book, telling, restored.Select(l => l.Id).ToImmutableHashSet(), ended), (all, lease) => all.With(lease));
        List<Effect> effects = [];
        foreach (var lease in restored)
        {
            effects.Add(AccountMachine.Note(lease, NoteKind.Decision, $"restored from the journal on chain at {lease.Rate}: its meter starts now, and what else was known of it is lost until it is opened again"));
            effects.Add(new Effect.IssueDirective(lease.Id, lease.VmId, Execution.Run, Reason.Funded, UnpaidFrom: null, AccountMachine.Say("restored from the journal on chain")));
        }

        var held = Withdrawn(book, next, telling).ToImmutableArray();
        foreach (var lease in held)
        {
            var isolated = Hold(next, lease, now);
            next = isolated.Book;
            effects.AddRange(isolated.Effects);
        }

        var decision = FlowBook.Recompute(next, effects, lowering: Urgency.Lower, traceParent: null);
        // Each step marks flows anew: the last mark says it all.
        var marks = decision.Effects.OfType<Effect.MarkFlow>().GroupBy(m => m.Flow).Select(g => g.Last()).ToHashSet();
        return new Restoration(
            decision with { Effects = [.. decision.Effects.Where(e => e is not Effect.MarkFlow mark || marks.Contains(mark))] }, [.. restored.Select(l => l.Id)], held);
    }

    /// <summary>Paid for no more, since our own hand ended that: only its scheduler, or an engineer, knows whether it was paused or closed.</summary>
    private static Decision Hold(AccountBook book, LeaseId id, DateTimeOffset now)
    {
        var lease = book.Leases[id];
        var stopped = lease with { MayRun = false, PausedRate = FlowRate.Zero, Meter = lease.Meter.Enter(MeterPhase.Stopped, FlowRate.Zero, now) };
        return AccountMachine.Isolate(book.With(stopped), id, "our own later operations on chain no longer paid it: paused or closed, which is lost", now);
    }

    /// <summary>The account has not seen the block of the operation.</summary>
    private static bool IsNews(AccountBook book, JournaledFlow flow) =>
        !book.Account.Flows.TryGetValue(flow.Payee, out var known) ? !flow.After.Rate.IsZero : known.ObservedAt < flow.Block;

    /// <summary>The account has seen the flow as the operation left it.</summary>
    private static bool IsUnchanged(AccountBook book, JournaledFlow flow) =>
        book.Account.Flows.TryGetValue(flow.Payee, out var known)
        && known.Observed.Rate == flow.After.Rate && known.Observed.LastUpdated == flow.After.LastUpdated;

    private static List<Lease> Leases(AccountBook book, List<JournaledFlow> journal, ImmutableHashSet<LeaseId> ended, DateTimeOffset now)
    {
        var legs = journal.SelectMany(j => (j.Journal?.Legs ?? []).Select(l => (l.Lease, j.Payee, l.Rate)))
            .Where(l => !book.Leases.ContainsKey(l.Lease) && !ended.Contains(l.Lease))
            .GroupBy(l => l.Lease);
        return
        [
            .. legs.Select(g => (Id: g.Key, Terms: JournaledTerms.Of(g.ToDictionary(l => l.Payee, l => l.Rate))))
                .Where(l => l.Terms is not null).Select(l => LeaseOf(l.Id, book.Account.Key, l.Terms!, now)), // Not null by the filter.
        ];
    }

    private static Lease LeaseOf(LeaseId id, AccountKey account, JournaledTerms terms, DateTimeOffset now) => new()
    {
        Id = id,
        VmId = id.Value,
        Account = account,
        Rate = terms.Rate,
        PaidRate = terms.Rate,
        Payees = terms.Payees,
        State = LeaseState.Active,
        Breaker = LeaseBreaker.ClosedAt(now),
        Execution = Execution.Run,
        Reason = Reason.Funded,
        MayRun = true,
        OpenedAt = now,
        RestoredAt = now,
        Meter = Meter.Stopped.Enter(MeterPhase.Running, terms.Rate, now),
        Fingerprint = "",
    };

    private static AccountBook Flows(
        AccountBook book, List<JournaledFlow> journal, ImmutableHashSet<LeaseId> restored, ImmutableHashSet<LeaseId> ended)
    {
        var account = book.Account;
        foreach (var told in journal)
        {
            // Legs of leases that cannot be made out of the journal are there all the same: for whoever opens them again.
            var nameless = (told.Journal?.Legs ?? []).Where(l => !restored.Contains(l.Lease) && !book.Leases.ContainsKey(l.Lease) && !ended.Contains(l.Lease)).ToList();
            var foreign = told.After.Rate.MinusFloored(told.Named) + nameless.Aggregate(FlowRate.Zero, (sum, leg) => sum + leg.Rate);
            var unclaimed = told.Journal is { Digest: not null } digest
                ? new UnclaimedRate(told.After.Rate, digest.Count)
                : new UnclaimedRate(nameless.Aggregate(FlowRate.Zero, (sum, leg) => sum + leg.Rate), (uint)nameless.Count);
            account = account with { Flows = account.Flows.SetItem(told.Payee, FlowOf(account.Flows.GetValueOrDefault(told.Payee), told, FlowRate.Min(foreign, told.After.Rate), unclaimed)) };
        }

        return book with { Account = account };
    }

    private static Flow FlowOf(Flow? known, JournaledFlow told, FlowRate foreign, UnclaimedRate unclaimed)
    {
        if (known is null || known.ObservedAt < told.Block)
        {
            var isKnownTo = unclaimed.Within(foreign);
            return new Flow(told.Payee, told.After.Rate, known?.Generation ?? 0, foreign, told.After, told.Block) { Unclaimed = isKnownTo };
        }

        // Seen since. A digest tells nothing that the account does not know better; a list says what of the flow is ours, whatever it was taken for.
        return told.Journal is { Digest: null } && foreign < known.Foreign
            ? known with { Foreign = foreign, Unclaimed = unclaimed.Within(foreign) }
            : known;
    }

    /// <summary>Leases that were paid when the account last looked, and that a later operation of ours left out of a flow that they pay.</summary>
    /// <param name="next">With what came back: a flow that does not carry both was not meant for both.</param>
    private static IEnumerable<LeaseId> Withdrawn(AccountBook book, AccountBook next, List<JournaledFlow> journal) => book.Leases.Values
        .Where(l => l.State is LeaseState.Active or LeaseState.Updating && journal.Any(j => LeavesOut(j, l) && (IsNews(book, j) || IsOverbooked(next, j))))
        .Select(l => l.Id);

    // A lease that replaced one of the same price without an operation stands in no journal, and is carried all the same.
    private static bool IsOverbooked(AccountBook book, JournaledFlow flow) =>
        book.Leases.Values.Aggregate(FlowRate.Zero, (sum, lease) => sum + lease.RequiredFor(flow.Payee)) > flow.After.Rate;

    private static bool LeavesOut(JournaledFlow flow, Lease lease) =>
        flow.Journal is { Digest: null } journal && !lease.RequiredFor(flow.Payee).IsZero && !lease.Withheld.Contains(flow.Payee)
        && !journal.Legs.Any(l => l.Lease == lease.Id);
}

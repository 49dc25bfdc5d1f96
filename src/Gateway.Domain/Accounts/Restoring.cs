using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Domain.Accounts;

/// <summary>What the journal on chain brought back into an account.</summary>
/// <param name="Restored">Leases that the book did not have.</param>
/// <param name="Held">Leases that our own later operations no longer paid: paused or closed after the state that the store was set back to.</param>
/// <param name="Doubtful">Leases that our operations name, and that are not brought back: somebody else has changed a flow of theirs since, or their terms cannot be found.</param>
public sealed record Restoration(Decision Decision, ImmutableArray<LeaseId> Restored, ImmutableArray<LeaseId> Held, ImmutableArray<LeaseId> Doubtful);

/// <summary>Brings back what a lost store knew of one account, from our own operations on its flows.</summary>
/// <remarks>
/// Each flow becomes what our last operation on it left, as of that operation's block. A lease comes back only where the chain still shows every flow of it so:
/// one that somebody has closed or lowered since, perhaps long ago, must not be raised from the dead. What of it still flows is unclaimed, for whoever opens
/// it again. Nothing is told to a scheduler here: the next look shows whether a lease is paid. Where the account has seen something newer it knows better, and
/// only what it lacks is added. Twice is once.
/// </remarks>
internal static class Restoring
{
    /// <param name="journal">At most one entry per payee.</param>
    /// <param name="ended">Leases of the journal that the store knows to have ended.</param>
    public static Restoration Restore(AccountBook book, IReadOnlyList<JournaledFlow> journal, ImmutableHashSet<LeaseId> ended, DateTimeOffset now)
    {
        var telling = journal.Where(j => IsNews(book, j) || IsUnchanged(book, j)).ToList();
        // Of a flow that tells nothing new it still counts that others have changed it: a lease is not made of what is left of it.
        var changed = journal.Where(j => j.Since is not null).SelectMany(j => j.Journal?.Legs ?? []).Select(l => l.Lease);
        var restored = Leases(book, telling, ended.Union(changed), now);
        var named = ended.Union(book.Leases.Keys).Union(restored.Select(l => l.Id));
        var next = restored.Aggregate(Flows(book, telling, named), (all, lease) => all.With(lease));
        List<Effect> effects = [];
        foreach (var lease in restored)
            effects.Add(AccountMachine.Note(lease, NoteKind.Decision, $"restored from the journal on chain at {lease.Rate}: its meter starts now, and what else was known of it is lost until it is opened again"));

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
            decision with { Effects = [.. decision.Effects.Where(e => e is not Effect.MarkFlow mark || marks.Contains(mark))] },
            [.. restored.Select(l => l.Id)],
            held,
            [.. journal.SelectMany(j => Nameless(j, named)).Select(l => l.Lease).Distinct().Order()]);
    }

    /// <summary>Paid for no more, since our own hand ended that: only its scheduler, or an engineer, knows whether it was paused or closed.</summary>
    private static Decision Hold(AccountBook book, LeaseId id, DateTimeOffset now)
    {
        var lease = book.Leases[id];
        var stopped = lease with { MayRun = false, PausedRate = FlowRate.Zero, Meter = lease.Meter.Assuming(MeterPhase.Stopped, now).Priced(now, p => p with { Paused = FlowRate.Zero }) };
        return AccountMachine.Isolate(book.With(stopped), id, "our own later operations on chain no longer paid it: paused or closed, which is lost", now);
    }

    /// <summary>The account has not seen the block of the operation.</summary>
    private static bool IsNews(AccountBook book, JournaledFlow flow) =>
        !book.Account.Flows.TryGetValue(flow.Payee, out var known) ? !flow.After.Rate.IsZero : known.ObservedAt < flow.Block;

    /// <summary>The account has seen the flow as the operation left it.</summary>
    private static bool IsUnchanged(AccountBook book, JournaledFlow flow) =>
        book.Account.Flows.TryGetValue(flow.Payee, out var known)
        && known.Observed.Rate == flow.After.Rate && known.Observed.LastUpdated == flow.After.LastUpdated;

    private static List<Lease> Leases(AccountBook book, List<JournaledFlow> journal, ImmutableHashSet<LeaseId> but, DateTimeOffset now)
    {
        var legs = journal.SelectMany(j => (j.Journal?.Legs ?? []).Select(l => (l.Lease, j.Payee, l.Rate)))
            .Where(l => !book.Leases.ContainsKey(l.Lease) && !but.Contains(l.Lease))
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
        // Whether it is paid, and so may run, is for a look to say. If it runs already, its node is owed its price.
        Execution = Execution.Wait,
        Reason = Reason.Unspecified,
        MayRun = true,
        OpenedAt = now,
        RestoredAt = now,
        Meter = Meter.Opened(now, new MeterPrice(terms.Rate, FlowRate.Zero, IsCutOff: false)).Assuming(MeterPhase.Running, now),
        Fingerprint = "",
    };

    private static IEnumerable<LeaseLeg> Nameless(JournaledFlow flow, ImmutableHashSet<LeaseId> named) =>
        (flow.Journal?.Legs ?? []).Where(l => !named.Contains(l.Lease));

    private static AccountBook Flows(AccountBook book, List<JournaledFlow> journal, ImmutableHashSet<LeaseId> named)
    {
        var account = book.Account;
        foreach (var told in journal)
        {
            if (told.Since is { } since && !account.Flows.ContainsKey(told.Payee) && since.Reading.Rate.IsZero)
                continue; // Somebody has closed it, and no lease is known of it.
            // Legs of leases that cannot be made out of the journal are there all the same: for whoever opens them again.
            var nameless = Nameless(told, named).ToList();
            var foreign = told.After.Rate.MinusFloored(told.Named + told.Added) + nameless.Aggregate(FlowRate.Zero, (sum, leg) => sum + leg.Rate);
            var unclaimed = told.Journal is { Digest: not null } digest
                ? new UnclaimedRate(told.After.Rate, digest.Count)
                : new UnclaimedRate(nameless.Aggregate(FlowRate.Zero, (sum, leg) => sum + leg.Rate), (uint)nameless.Count);
            account = account with { Flows = account.Flows.SetItem(told.Payee, FlowOf(account.Flows.GetValueOrDefault(told.Payee), told, FlowRate.Min(foreign, told.After.Rate), unclaimed)) };
        }

        return book with { Account = account };
    }

    private static Flow FlowOf(Flow? known, JournaledFlow told, FlowRate foreign, UnclaimedRate unclaimed)
    {
        // No lease is known of it, so nobody asks whose change that was: what is left of ours is in there.
        if (known is null && told.Since is { Reading: var left } since)
            return new Flow(told.Payee, left.Rate, 0, left.Rate, left, since.Block) { Unclaimed = unclaimed.Within(left.Rate) };
        if (known is null || known.ObservedAt < told.Block)
        {
            var isKnownTo = unclaimed.Within(foreign);
            return new Flow(told.Payee, told.After.Rate, known?.Generation ?? 0, foreign, told.After, told.Block)
            {
                Unclaimed = isKnownTo,
                Correction = FlowCorrection.None with { Lacking = told.Lacking },
            };
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
        book.Leases.Values.Aggregate(FlowRate.Zero, (sum, lease) => sum + lease.RequiredFor(flow.Payee)) > flow.After.Rate + flow.Lacking;

    private static bool LeavesOut(JournaledFlow flow, Lease lease) =>
        flow.Journal is { Digest: null } journal && !lease.RequiredFor(flow.Payee).IsZero && !lease.Withheld.Contains(flow.Payee)
        && !journal.Legs.Any(l => l.Lease == lease.Id);
}

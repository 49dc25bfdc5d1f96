using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;

namespace Gateway.Server.Evaluation;

/// <summary>One verified look → the book as it should be stored: what was seen, and where the leases' breakers moved by it.</summary>
internal sealed class AccountAssessor(LeaseBreakers breakers, AccountPolicies policies, TimeProvider time, ExposureMetrics? exposures = null)
{
    /// <param name="book">The stored one.</param>
    /// <param name="changes">Of the account's flows since the last look, as logs tell it.</param>
    /// <param name="underWay">Payees whose flow settlement has not finished with.</param>
    /// <param name="told">Changes since the blocks of the flows' ledgers. Null: no others are known.</param>
    public Decision Decide(
        AccountBook book,
        AccountObservation seen,
        IReadOnlyList<FlowChange> changes,
        ImmutableHashSet<Address>? underWay = null,
        SettlementOutlook? outlook = null,
        IReadOnlyList<FlowChange>? told = null)
    {
        var observed = AccountMachine.Observe(book, seen, changes, underWay, outlook, told: told);
        exposures?.Looked(Exposure.Of(book, time.GetUtcNow()), isVerified: true);
        var policy = policies.For(book.Account.Key);
        // A reading that no log explains is one node's word. That flow is not taken over until a breaker moves by it: the next look starts from the same block again,
        // and may find the log that tells who did it. Our own raise would else pass for the payer's, and be paid for ever.
        var assessed = AccountMachine.Assess(observed.Book, seen, changes, policy, outlook);
        var doubted = Uncertain(assessed).Union(AccountMachine.Unexplained(book, seen, changes));
        List<LeaseVerdict> verdicts = [.. assessed.Select(v => WithoutTrustIn(doubted, v, observed.Book.Leases[v.Lease]))];
        var steps = verdicts
            .Select(v => (Verdict: v, Step: breakers.Record(observed.Book.Leases[v.Lease], v)))
            .Where(s => s.Step is not null)
            .ToList();
        doubted = doubted.Except(steps.Where(s => s.Step is BreakerStep.Move).SelectMany(s => s.Verdict.Uncovered));
        if (!doubted.IsEmpty)
            observed = AccountMachine.Observe(book, seen, changes, underWay, outlook, doubted, told);

        var moved = Apply(observed, steps);
        // A block that is older than what was taken over already says nothing of now.
        if (book.Account.Health is { } last && seen.Block.Number < last.Block)
            return moved;
        var attended = AccountMachine.Attend(moved, seen, verdicts, policy, time.GetUtcNow(), outlook);
        return attended with { Effects = Newest([.. attended.Effects]) };
    }

    /// <summary>The account cannot be looked at: what was last verified decides, and the clock.</summary>
    public Decision DecideUnverified(AccountBook book, TokenParameters parameters)
    {
        exposures?.Looked(Exposure.Of(book, time.GetUtcNow()), isVerified: false);
        var verdicts = AccountMachine.AssessUnverified(book, parameters, policies.For(book.Account.Key), policies.ExposureFor(book.Account.Key), time.GetUtcNow());
        return Apply(new Decision(book, []), verdicts.Select(v => (v, breakers.Record(book.Leases[v.Lease], v))));
    }

    /// <summary>The decision was not stored: the breakers in memory are made anew from the stored ones.</summary>
    public void Forget(AccountBook book)
    {
        foreach (var lease in book.Leases.Keys)
            breakers.Forget(lease);
    }

    private Decision Apply(Decision decision, IEnumerable<(LeaseVerdict Verdict, BreakerStep? Step)> steps)
    {
        var (book, effects) = (decision.Book, decision.Effects.ToList());
        foreach (var (verdict, step) in steps)
        {
            var next = step switch
            {
                BreakerStep.Move move => AccountMachine.MoveBreaker(book, verdict.Lease, move.To, time.GetUtcNow()),
                BreakerStep.Strike strike => AccountMachine.Strike(book, verdict.Lease, strike.Strikes),
                _ => new Decision(book, []),
            };
            book = next.Book;
            effects.AddRange(next.Effects);
        }

        return new Decision(book, Newest(effects));
    }

    /// <summary>Each step computes flows anew and may mark one again: the last mark says it all.</summary>
    private static List<Effect> Newest(List<Effect> effects)
    {
        var marks = effects.OfType<Effect.MarkFlow>().GroupBy(m => m.Flow).Select(g => g.Last()).ToHashSet();
        return [.. effects.Where(e => e is not Effect.MarkFlow mark || marks.Contains(mark))];
    }

    /// <summary>Flows that one node says no longer carry their leases, without a log that shows who did it.</summary>
    private static ImmutableHashSet<Address> Uncertain(IEnumerable<LeaseVerdict> verdicts) =>
        [.. verdicts.Where(v => v is { Health: LeaseHealth.Bad, IsCertain: false }).SelectMany(v => v.Uncovered)];

    /// <summary>No VM runs again on the word of a reading that is doubted.</summary>
    private static LeaseVerdict WithoutTrustIn(ImmutableHashSet<Address> doubted, LeaseVerdict verdict, Lease lease) =>
        verdict.Health is LeaseHealth.Good or LeaseHealth.Recoverable && lease.Payees.Any(p => doubted.Contains(p.Address))
            ? LeaseVerdict.Of(lease.Id, LeaseHealth.Unknown)
            : verdict;
}

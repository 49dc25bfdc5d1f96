using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>Plays events on one book as the evaluator does, with breakers that follow certain evidence at once, and keeps what was told.</summary>
internal sealed class Story
{
    public const long Rich = 1_000_000_000_000_000_000;

    private ulong _block;

    public AccountBook Book { get; private set; } = AccountBook.Empty(Given.Key);

    public List<Effect.IssueDirective> Directives { get; } = [];

    public List<Effect.MarkFlow> Marks { get; } = [];

    public List<AccountWarning> Warnings { get; } = [];

    public AccountPolicy Policy { get; set; } = AccountPolicy.Default;

    /// <summary>What the payer has granted, as the next looks show it.</summary>
    public OperatorGrant Grant { get; set; } = Given.FullGrant;

    public Lease this[string id] => Book.Leases[LeaseId.Parse(id)];

    public Flow FlowTo(Address payee) => Book.Account.Flows[payee];

    public Story Open(Lease lease) => Take(AccountMachine.Open(Book, lease, Given.Look(_block, Rich)));

    public Story Close(string id) => Take(AccountMachine.Close(Book, LeaseId.Parse(id), Given.Now, traceParent: null));

    public Story Report(string id, Execution execution) =>
        Take(AccountMachine.Report(Book, LeaseId.Parse(id), new ExecutionReport(execution, Given.Now.AddSeconds(_block), DirectiveId: null)));

    public Story Take(Decision decision)
    {
        // A commit raises the version; ended leases leave the book.
        var leases = decision.Book.Leases.RemoveRange(decision.Book.Leases.Where(l => l.Value.IsEnded).Select(l => l.Key));
        Book = decision.Book with { Leases = leases, Account = decision.Book.Account with { Version = Book.Account.Version + 1 } };
        Directives.AddRange(decision.Effects.OfType<Effect.IssueDirective>());
        Marks.AddRange(decision.Effects.OfType<Effect.MarkFlow>());
        Warnings.AddRange(decision.Effects.OfType<Effect.Warn>().Select(w => w.Warning));
        return this;
    }

    /// <summary>The chain brings every flow to what is desired, and the next block shows it.</summary>
    public Story Settle(long balance = Rich)
    {
        var flows = Book.Account.Flows.Values.Select(f => (f.Payee, (long)f.Desired.WeiPerSecond)).ToArray();
        var changes = Book.Account.Flows.Values.Where(f => f.Desired != f.Observed.Rate)
            .Select(f => Given.Change(_block + 1, f.Payee, (long)f.Desired.WeiPerSecond, ChangeCause.ByUs, Reason.Unspecified)).ToArray();
        return Look(balance, flows, changes);
    }

    /// <summary>Nothing changes on chain, and another block shows it.</summary>
    public Story Again(long balance) =>
        Look(balance, [.. Book.Account.Flows.Values.Select(f => (f.Payee, (long)f.Observed.Rate.WeiPerSecond))]);

    /// <summary>Payees whose flow settlement has not finished with.</summary>
    public ImmutableHashSet<Address> UnderWay { get; set; } = [];

    /// <summary>What the lane's leader says of settlement.</summary>
    public SettlementOutlook Outlook { get; set; } = SettlementOutlook.Clear;

    /// <summary>Time passes; a block is a second.</summary>
    public Story Pass(TimeSpan time)
    {
        _block += (ulong)time.TotalSeconds;
        return this;
    }

    /// <summary>One block, looked at as the evaluator looks: observe, assess, move the breakers.</summary>
    public Story Look(long balance, (Address Payee, long Rate)[] flows, params FlowChange[] changes)
    {
        _block++;
        var seen = Given.Look(_block, balance, flows) with { Grant = Grant };
        seen = seen with { Flows = seen.Flows.ToImmutableDictionary(f => f.Key, f => AsLeft(f.Key, f.Value)) };
        var decision = AccountMachine.Observe(Book, seen, changes, UnderWay, Outlook);
        var verdicts = AccountMachine.Assess(decision.Book, seen, changes, Policy, Outlook);
        foreach (var verdict in verdicts)
            decision = Follow(decision, verdict);
        return Take(AccountMachine.Attend(decision, seen, verdicts, Policy, seen.At.ToDateTimeOffset(), Outlook));
    }

    /// <summary>What has not changed is as old as it was.</summary>
    private FlowReading AsLeft(Address payee, FlowReading reading) =>
        Book.Account.Flows.GetValueOrDefault(payee) is { } known && known.Observed.Rate == reading.Rate ? reading with { LastUpdated = known.Observed.LastUpdated } : reading;

    private static Decision Follow(Decision decision, LeaseVerdict verdict)
    {
        var now = Given.Now;
        var state = decision.Book.Leases[verdict.Lease].Breaker.State;
        BreakerMove? move = (state, verdict.Health) switch
        {
            (BreakerState.Closed or BreakerState.HalfOpen, LeaseHealth.Bad) when verdict.IsCertain =>
                new BreakerMove(BreakerState.Open, verdict.Reason, ProbeAt: null, verdict.UnpaidFrom, verdict.Evidence, verdict.Uncovered),
            (BreakerState.Open, LeaseHealth.Recoverable) => BreakerMove.Plain(BreakerState.HalfOpen, Reason.Recovered),
            (BreakerState.HalfOpen, LeaseHealth.Good) => BreakerMove.Plain(BreakerState.Closed, Reason.Recovered),
            _ => null,
        };
        if (move is null)
            return decision;
        var moved = AccountMachine.MoveBreaker(decision.Book, verdict.Lease, move, now);
        return new Decision(moved.Book, [.. decision.Effects, .. moved.Effects]);
    }
}

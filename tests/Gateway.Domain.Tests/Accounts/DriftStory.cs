using System.Collections.Immutable;
using System.Numerics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>One payer on a chain that makes a block each second, and a settlement that brings every flow where it should be so many seconds later.</summary>
internal sealed class DriftStory(ulong latency)
{
    private const ulong Start = 1_800_000_000;

    private readonly Dictionary<Address, (FlowRate Rate, ulong ChangedAt, BigInteger Streamed)> _chain = [];
    private readonly Dictionary<Address, (ulong Generation, FlowRate Rate, ulong At)> _ordered = [];
    private readonly List<FlowChange> _logs = [];
    private readonly List<Lease> _ended = [];
    private ulong _second = 1;

    public AccountBook Book { get; private set; } = AccountBook.Empty(Given.Key);

    public AccountPolicy Policy { get; init; } = AccountPolicy.Default with { InclusionSeconds = latency };

    public long Balance { get; set; } = Story.Rich;

    public OperatorGrant Grant { get; set; } = Given.FullGrant;

    /// <summary>No transaction gets in.</summary>
    public bool IsStalled { get; set; }

    public List<Effect.MarkFlow> Marks { get; } = [];

    public List<Effect.IssueDirective> Directives { get; } = [];

    /// <summary>Changes of flows on chain: what costs gas.</summary>
    public int Changes { get; private set; }

    public BlockTime At => new(Start + _second);

    /// <summary>All that was ever streamed, in thousandths of a wei.</summary>
    public BigInteger Streamed => _chain.Values.Aggregate(BigInteger.Zero, (sum, f) => sum + f.Streamed) * 1000;

    /// <summary>All that was ever used.</summary>
    public BigInteger Used => Book.Leases.Values.Concat(_ended).Aggregate(BigInteger.Zero, (sum, l) => sum + l.Meter.UsedAt(Now).Value);

    /// <summary>What the account says is between the two.</summary>
    public BigInteger Told => Drift.All(Book, At).Aggregate(Book.Account.Carried.Total, (sum, d) => sum + d.Amount).Value;

    public Lease? this[string id] => Book.Leases.GetValueOrDefault(LeaseId.Parse(id));

    public DateTimeOffset Now => At.ToDateTimeOffset();

    public FlowRate OnChain(Address payee) => _chain.TryGetValue(payee, out var flow) ? flow.Rate : FlowRate.Zero;

    public FlowRate LegsOf(Address payee) => Book.LegsOf(payee);

    public Drift DriftOf(Address payee) => Drift.Of(Book, Book.Account.Flows[payee], At)!; // Every flow of these stories has a ledger.

    public void Open(Lease lease) => Take(AccountMachine.Open(Book, lease with { OpenedAt = Now }, See()));

    public void Close(string id) => Take(AccountMachine.Close(Book, LeaseId.Parse(id), Now, traceParent: null));

    public void Resize(string id, long rate) => Resize(id, rate, Now);

    public void Resize(string id, long rate, DateTimeOffset effectiveAt) =>
        Take(AccountMachine.Update(Book, LeaseId.Parse(id), new LeaseChange(Given.Rate(rate), null, null, effectiveAt, TraceParent: null)));

    public void Report(string id, Execution execution, int milliseconds = 0) => Report(id, execution, Now.AddMilliseconds(milliseconds));

    public void Report(string id, Execution execution, DateTimeOffset at) =>
        Take(AccountMachine.Report(Book, LeaseId.Parse(id), new ExecutionReport(execution, at, DirectiveId: null)));

    public void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
            Tick();
    }

    public void Look()
    {
        var seen = See();
        var logs = _logs.ToList();
        _logs.Clear();
        var decision = AccountMachine.Observe(Book, seen, logs);
        var verdicts = AccountMachine.Assess(decision.Book, seen, logs, Policy);
        foreach (var verdict in verdicts)
        {
            var breaker = decision.Book.Leases[verdict.Lease].Breaker.State;
            var move = (verdict.Health, breaker) switch
            {
                (LeaseHealth.Bad, BreakerState.Closed) when verdict.IsCertain =>
                    new BreakerMove(BreakerState.Open, verdict.Reason, ProbeAt: null, verdict.UnpaidFrom, verdict.Evidence, verdict.Uncovered),
                (LeaseHealth.Recoverable, BreakerState.Open) => BreakerMove.Plain(BreakerState.HalfOpen, Reason.Recovered),
                (LeaseHealth.Good, BreakerState.HalfOpen) => BreakerMove.Plain(BreakerState.Closed, Reason.Recovered),
                _ => null,
            };
            if (move is null)
                continue;
            var moved = AccountMachine.MoveBreaker(decision.Book, verdict.Lease, move, Now);
            decision = new Decision(moved.Book, [.. decision.Effects, .. moved.Effects]);
        }

        Take(AccountMachine.Attend(decision, seen, verdicts, Policy, Now));
    }

    private void Tick()
    {
        foreach (var (payee, flow) in _chain.ToList())
            _chain[payee] = flow with { Streamed = flow.Streamed + flow.Rate.WeiPerSecond };
        _second++;
        var settled = false;
        foreach (var (payee, order) in _ordered.Where(o => o.Value.At <= _second && !IsStalled && Grant.CanUpdate).ToList())
        {
            _ordered.Remove(payee);
            settled |= Settle(payee, order.Rate);
        }

        if (settled || AccountDeadline.Next(Book, Policy, TimeSpan.FromMinutes(1), Now.AddSeconds(-1)) <= Now)
            Look();
    }

    private bool Settle(Address payee, FlowRate rate)
    {
        if (OnChain(payee) == rate || rate.MinusFloored(OnChain(payee)) > Grant.Allowance)
            return false;
        Changes++;
        _chain[payee] = (rate, _second, _chain.TryGetValue(payee, out var flow) ? flow.Streamed : BigInteger.Zero);
        _logs.Add(new FlowChange(
            payee, rate, ChangeCause.ByUs, Reason.Unspecified, new Evidence(new BlockNumber(_second), Now, Hash32.Parse("0x" + new string('a', 64)), "log")));
        return true;
    }

    private AccountObservation See()
    {
        var seen = Given.Look(_second, Balance, [.. _chain.Select(f => (f.Key, (long)f.Value.Rate.WeiPerSecond))]);
        return seen with
        {
            Block = seen.Block with { Time = At },
            At = At,
            Grant = Grant,
            Flows = seen.Flows.ToImmutableDictionary(f => f.Key, f => f.Value with { LastUpdated = new BlockTime(Start + _chain[f.Key].ChangedAt) }),
        };
    }

    private void Take(Decision decided)
    {
        var decision = AccountMachine.Correct(Book, decided, Policy, Now);
        _ended.AddRange(decision.Book.Leases.Values.Where(l => l.IsEnded));
        Book = decision.Book with
        {
            Leases = decision.Book.Leases.RemoveRange(decision.Book.Leases.Values.Where(l => l.IsEnded).Select(l => l.Id)),
            Account = decision.Book.Account with { Version = Book.Account.Version + 1 },
        };
        Directives.AddRange(decision.Effects.OfType<Effect.IssueDirective>());
        foreach (var mark in decision.Effects.OfType<Effect.MarkFlow>())
        {
            Marks.Add(mark);
            // The newest mark is what settlement goes by, from when the flow was first due.
            _ordered[mark.Flow.Payee] = (mark.Generation, mark.Desired, _ordered.TryGetValue(mark.Flow.Payee, out var due) ? due.At : _second + latency);
        }

        // What came back to what was wanted before needs no mark of its own; what was ordered meanwhile is replaced by reading the account.
        foreach (var payee in _ordered.Keys.ToList())
        {
            if (Book.Account.Flows.TryGetValue(payee, out var flow))
                _ordered[payee] = _ordered[payee] with { Rate = flow.Desired };
        }
    }
}

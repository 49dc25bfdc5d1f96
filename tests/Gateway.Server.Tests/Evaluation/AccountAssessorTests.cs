using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Configuration;
using Gateway.Server.Evaluation;
using Gateway.Server.Tests.Storage;
using Gateway.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Evaluation;

/// <summary>Certain evidence acts at once; one node's unexplained word has to be repeated, and changes nothing until it is believed.</summary>
public sealed class AccountAssessorTests
{
    private static readonly FlowReading Paid = new(Given.Rate(1000), new BlockTime(1), TokenAmount.FromWei(14_400_000));

    private readonly AccountAssessor _assessor = NewAssessor();

    [Fact]
    public void A_flow_that_is_gone_without_a_log_pauses_only_at_the_third_look_in_a_row()
    {
        var book = Running();
        for (var look = 1; look <= 2; look++)
        {
            book = Take(book, _assessor.Decide(book, Look(block: 10 + (ulong)look), []));
            Assert.Equal((LeaseState.Active, look), (Only(book).State, Only(book).Breaker.Strikes));
            Assert.Equal(Paid, book.Account.Flows[Given.Payee].Observed);
        }

        var last = _assessor.Decide(book, Look(block: 13), []);

        Assert.Equal((LeaseState.Paused, Reason.FlowClosedByOther), (Only(last.Book).State, Only(last.Book).Reason));
        Assert.Single(last.Effects.OfType<Effect.IssueDirective>(), d => d.Execution == Execution.Pause);
        Assert.Equal(FlowReading.None, last.Book.Account.Flows[Given.Payee].Observed);
    }

    [Fact]
    public void Another_replica_goes_on_counting_where_this_one_stopped()
    {
        var book = Running();
        book = Take(book, _assessor.Decide(book, Look(block: 11), []));
        book = Take(book, _assessor.Decide(book, Look(block: 12), []));

        var elsewhere = NewAssessor().Decide(book, Look(block: 13), []);

        Assert.Equal(LeaseState.Paused, Only(elsewhere.Book).State);
    }

    [Fact]
    public void A_good_look_in_between_wipes_the_doubt()
    {
        var book = Running();
        book = Take(book, _assessor.Decide(book, Look(block: 11), []));
        book = Take(book, _assessor.Decide(book, Look(block: 12, Paid), []));
        Assert.Equal(0, Only(book).Breaker.Strikes);

        book = Take(book, _assessor.Decide(book, Look(block: 13), []));
        book = Take(book, _assessor.Decide(book, Look(block: 14), []));
        Assert.Equal(LeaseState.Active, Only(book).State);
    }

    [Fact]
    public void With_the_log_that_explains_it_a_look_is_certain_and_pauses_at_once()
    {
        var book = Running();
        var closed = new FlowChange(Given.Payee, FlowRate.Zero, ChangeCause.ByPayer, Reason.FlowClosedByPayer, Given.Evidence);

        var decision = _assessor.Decide(book, Look(block: 11), [closed]);

        Assert.Equal((LeaseState.Paused, Reason.FlowClosedByPayer), (Only(decision.Book).State, Only(decision.Book).Reason));
    }

    [Fact]
    [Regression(32)]
    public void A_raise_that_no_log_explains_is_nobodys_until_the_log_is_there()
    {
        var book = Running();
        var raised = Paid with { Rate = Given.Rate(1500) };
        var doubted = _assessor.Decide(book, Look(block: 11, raised) with { LastChanged = new BlockTime(5) }, []);
        Assert.Equal(Paid, FlowOf(doubted).Observed);
        // Everything else of that look holds; and no glance, which sees no single flow, may pass over the doubt.
        Assert.Equal((new BlockNumber(11), default), (doubted.Book.Account.Health!.Block, doubted.Book.Account.Health.LastChanged));

        // It was ours, of a price that is not wanted any more.
        var told = new FlowChange(Given.Payee, Given.Rate(1500), ChangeCause.ByUs, Reason.Unspecified, Given.Evidence);
        var explained = FlowOf(_assessor.Decide(book, Look(block: 12, raised), [told]));

        Assert.Equal((raised, FlowRate.Zero, Given.Rate(1000)), (explained.Observed, explained.Foreign, explained.Desired));
    }

    [Fact]
    public void Where_logs_may_be_lost_for_good_an_unexplained_raise_is_taken_for_the_payers()
    {
        var raised = Paid with { Rate = Given.Rate(1500) };

        var flow = FlowOf(_assessor.Decide(Running(), Look(block: 10 + 513, raised), []));

        Assert.Equal((raised, Given.Rate(500)), (flow.Observed, flow.Foreign));
    }

    [Fact]
    public void A_doubted_flow_is_left_alone_by_a_look_that_is_certain_of_another()
    {
        // The payer has closed one flow, and the log says so. Of the other one the same node shows less than before, and no log.
        var book = Running();
        var other = Given.Address(0xcc);
        var second = Given.Lease("b") with { State = LeaseState.Active, PaidRate = Given.Rate(1000), Execution = Execution.Run, MayRun = true, Payees = [new Payee(other, SharePpm.FromPpm(1_000_000), "node")] };
        book = book.With(second) with { Account = book.Account with { Flows = book.Account.Flows.Add(other, book.Account.Flows[Given.Payee] with { Payee = other }) } };
        var closed = new FlowChange(Given.Payee, FlowRate.Zero, ChangeCause.ByPayer, Reason.FlowClosedByPayer, Given.Evidence);

        var decision = _assessor.Decide(book, Look(block: 11), [closed]);

        Assert.Equal(LeaseState.Paused, decision.Book.Leases[LeaseId.Parse("a")].State);
        Assert.Equal((LeaseState.Active, 1), (decision.Book.Leases[second.Id].State, decision.Book.Leases[second.Id].Breaker.Strikes));
        Assert.Equal(FlowReading.None, FlowOf(decision).Observed);
        Assert.Equal((Paid, new BlockNumber(10)), (decision.Book.Account.Flows[other].Observed, decision.Book.Account.Flows[other].ObservedAt));
    }

    [Fact]
    public void Nothing_runs_again_on_the_word_of_a_reading_that_is_doubted()
    {
        // Half open, and wanting 1500: a node shows 1600 that nobody has made.
        var running = Only(Running());
        var probed = running with { State = LeaseState.Paused, Rate = Given.Rate(1500), PaidRate = FlowRate.Zero, Execution = Execution.Pause, Breaker = running.Breaker with { State = BreakerState.HalfOpen } };
        var book = Running().With(probed);
        book = book with { Account = book.Account with { Flows = book.Account.Flows.SetItem(Given.Payee, book.Account.Flows[Given.Payee] with { Desired = Given.Rate(1500) }) } };

        var decision = _assessor.Decide(book, Look(block: 11, Paid with { Rate = Given.Rate(1600) }), []);

        Assert.Empty(decision.Effects.OfType<Effect.IssueDirective>());
        Assert.Equal((BreakerState.HalfOpen, Paid), (Only(decision.Book).Breaker.State, FlowOf(decision).Observed));
    }

    private static Flow FlowOf(Decision decision) => decision.Book.Account.Flows[Given.Payee];

    private static AccountAssessor NewAssessor()
    {
        var time = new FakeTimeProvider(Given.Now);
        return new AccountAssessor(
            new LeaseBreakers(Options.Create(new BreakerOptions()), time), new AccountPolicies(Options.Create(new PolicyOptions()), Options.Create(new ChainOptions())), time);
    }

    private static AccountBook Running()
    {
        var lease = Given.Lease("a") with { State = LeaseState.Active, PaidRate = Given.Rate(1000), Execution = Execution.Run, MayRun = true };
        var flow = new Flow(Given.Payee, Given.Rate(1000), 1, FlowRate.Zero, Paid, new BlockNumber(10));
        return new AccountBook(
            new Account { Key = Given.Account, Flows = ImmutableDictionary<Address, Flow>.Empty.Add(Given.Payee, flow), Version = 1 },
            ImmutableSortedDictionary<LeaseId, Lease>.Empty.Add(lease.Id, lease));
    }

    private static AccountObservation Look(ulong block, FlowReading? flow = null) => new(
        new BlockRef(new BlockNumber(block), Given.Hash((long)block), new BlockTime(1_795_521_600 + block)),
        new BlockTime(1_795_521_600 + block),
        TokenAmount.FromWei(1_000_000_000_000),
        flow?.Deposit ?? TokenAmount.Zero,
        NetFlowRate.FromWeiPerSecond(flow is null ? 0 : -1000),
        new OperatorGrant(CanCreate: true, CanUpdate: true, CanDelete: true, FlowRate.Max),
        flow is null ? ImmutableDictionary<Address, FlowReading>.Empty : ImmutableDictionary<Address, FlowReading>.Empty.Add(Given.Payee, flow),
        new TokenParameters(14400, 1800, TokenAmount.Zero));

    private static Lease Only(AccountBook book) => Assert.Single(book.Leases.Values);

    private static AccountBook Take(AccountBook before, Decision decision) =>
        decision.Book with { Account = decision.Book.Account with { Version = before.Account.Version + 1 } };
}

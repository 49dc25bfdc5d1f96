using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Gateway.Domain.Settlement;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

public sealed class RestoringTests
{
    private static readonly AccountBook Empty = AccountBook.Empty(Given.Key);

    [Fact]
    public void A_lost_lease_comes_back_with_its_legs_and_nothing_is_to_be_settled()
    {
        var lost = Given.Lease("one", 1_000_001, community: true);

        var restoration = Restore(Empty, Told(Given.Node, 800_001, ("one", 800_001)), Told(Given.Community, 200_000, ("one", 200_000)));
        var lease = restoration.Decision.Book.Leases[lost.Id];

        Assert.Equal([lost.Id], restoration.Restored);
        Assert.Equal((lost.Rate, lost.Rate, LeaseState.Active, Execution.Wait), (lease.Rate, lease.PaidRate, lease.State, lease.Execution));
        Assert.Equal(Legs.Split(lost.Rate, lost.Payees), Legs.Split(lease.Rate, lease.Payees));
        Assert.Equal((MeterPhase.Running, Given.Now), (lease.Meter.Phase, lease.Meter.Since));
        Assert.True(lease.IsUnclaimed);
        Assert.DoesNotContain(restoration.Decision.Effects, e => e is Effect.MarkFlow);
        Assert.Contains(restoration.Decision.Effects, e => e is Effect.Note { Kind: NoteKind.Decision });
        Assert.DoesNotContain(restoration.Decision.Effects, e => e is Effect.IssueDirective);
        Assert.Empty(restoration.Doubtful);
    }

    [Fact]
    public void A_look_that_shows_it_paid_lets_it_show_that_and_orders_nothing_before_it_is_opened_again()
    {
        var book = Restore(Empty, Told(Given.Node, 1_000, ("one", 1_000))).Decision.Book;
        var seen = Given.Look(70, 1_000_000_000, (Given.Node, 1_000));

        var looked = AccountMachine.Observe(book, seen, []);
        var again = AccountMachine.Observe(looked.Book, seen, []);
        var adopted = AccountMachine.Adopt(looked.Book, Given.Lease("one", 1_000), seen);

        Assert.Equal((LeaseState.Active, Execution.Run, Reason.Funded), StateOf(looked.Book));
        Assert.DoesNotContain(looked.Effects, e => e is Effect.IssueDirective);
        Assert.Empty(again.Effects);
        Assert.Equal("vm-one", Assert.Single(adopted!.Effects.OfType<Effect.IssueDirective>(), d => d.Execution == Execution.Run).VmId);
    }

    [Fact]
    public void One_that_is_opened_again_before_it_is_seen_paid_runs_with_the_look_that_shows_it()
    {
        var book = Restore(Empty, Told(Given.Node, 1_000, ("one", 1_000))).Decision.Book;

        var adopted = AccountMachine.Adopt(book, Given.Lease("one", 1_000), Given.Look(60, 1_000_000_000, (Given.Node, 400)))!;
        var paid = AccountMachine.Observe(adopted.Book, Given.Look(70, 1_000_000_000, (Given.Node, 1_000)), []);

        Assert.Equal(Execution.Wait, adopted.Book.Leases[LeaseId.Parse("one")].Execution);
        Assert.DoesNotContain(adopted.Effects, e => e is Effect.IssueDirective);
        Assert.Equal((LeaseState.Active, Execution.Run, Reason.Funded), StateOf(paid.Book));
        Assert.Contains(paid.Effects, e => e is Effect.IssueDirective { Execution: Execution.Run });
    }

    [Fact]
    public void A_lease_whose_flow_somebody_has_closed_since_is_listed_and_not_raised_from_the_dead()
    {
        var told = Told(Given.Node, 1_000, ("gone", 1_000)) with { Since = new FlowSighting(FlowReading.None, new BlockNumber(70)) };

        var restoration = Restore(Empty, told);

        Assert.Equal([LeaseId.Parse("gone")], restoration.Doubtful);
        Assert.Empty(restoration.Restored);
        Assert.Empty(restoration.Decision.Effects);
        Assert.Empty(restoration.Decision.Book.Leases);
        Assert.Empty(restoration.Decision.Book.Account.Flows);
    }

    [Fact]
    public void A_lease_of_which_one_flow_was_changed_since_is_listed_and_keeps_what_is_left_for_whoever_opens_it_again()
    {
        var left = new FlowReading(Given.Rate(700), new BlockTime(60), TokenAmount.Zero);
        var told = Told(Given.Node, 800, ("one", 800)) with { Since = new FlowSighting(left, new BlockNumber(70)) };

        var other = Told(Given.Community, 200, ("one", 200));
        var restoration = Restore(Empty, told, other);
        var book = restoration.Decision.Book;
        var again = Restore(book, told, other);
        var opened = AccountMachine.Open(
            book, Given.Lease("one", 1_000, community: true), Given.Look(80, 1_000_000_000, (Given.Node, 700), (Given.Community, 200)));

        Assert.Equal([LeaseId.Parse("one")], restoration.Doubtful);
        Assert.Empty(book.Leases);
        Assert.Equal((left, new UnclaimedRate(Given.Rate(700), 1)), (book.Account.Flows[Given.Node].Observed, book.Account.Flows[Given.Node].Unclaimed));
        Assert.Empty(restoration.Decision.Effects);
        Assert.Equal((0, 0), (again.Decision.Effects.Count, again.Restored.Length));
        Assert.Equal(restoration.Doubtful, again.Doubtful);
        Assert.Equal((Given.Rate(800), Given.Rate(200)), (opened.Book.Account.Flows[Given.Node].Desired, opened.Book.Account.Flows[Given.Community].Desired));
    }

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(1_000_003, 333_333)]
    [InlineData(15_277_777_777_777, 200_000)]
    [InlineData(7, 500_000)]
    public void Terms_are_found_back_whoever_owns_the_remainder(long rate, uint ppm)
    {
        foreach (var first in new[] { Given.Node, Given.Community })
        {
            var second = first == Given.Node ? Given.Community : Given.Node;
            ImmutableArray<Payee> payees = [new Payee(first, SharePpm.FromPpm(1_000_000 - ppm), ""), new Payee(second, SharePpm.FromPpm(ppm), "")];
            var legs = Legs.Split(Given.Rate(rate), payees).Zip(payees).Where(l => !l.First.IsZero).ToDictionary(l => l.Second.Address, l => l.First);

            var terms = JournaledTerms.Of(legs);

            Assert.Equal(Given.Rate(rate), terms?.Rate);
            Assert.All(Legs.Split(terms!.Rate, terms.Payees).Zip(terms.Payees), l => Assert.Equal(legs[l.Second.Address], l.First));
        }
    }

    [Fact]
    public void What_the_journal_does_not_name_is_foreign_and_stays()
    {
        var restoration = Restore(Empty, Told(Given.Node, 1_077, ("one", 1_000)));

        var flow = restoration.Decision.Book.Account.Flows[Given.Node];
        Assert.Equal((Given.Rate(77), Given.Rate(1_077)), (flow.Foreign, flow.Desired));
    }

    [Fact]
    public void What_our_trim_added_is_nobodys_and_is_taken_back()
    {
        var told = Told(Given.Node, 1_177, ("one", 1_000));
        told = told with { Journal = told.Journal! with { Added = Given.Rate(100) } }; // It has one.

        var flow = Restore(Empty, told).Decision.Book.Account.Flows[Given.Node];

        Assert.Equal((Given.Rate(77), Given.Rate(1_077)), (flow.Foreign, flow.Desired));
    }

    [Fact]
    public void What_our_trim_took_disturbs_no_vm_and_is_made_good()
    {
        var book = Restore(Empty, Told(Given.Node, 900, ("one", 1_000))).Decision.Book;

        Assert.Equal(Given.Rate(1_000), book.Account.Flows[Given.Node].Desired);
        Assert.DoesNotContain(
            AccountMachine.Assess(book, Given.Look(60, 1_000_000_000_000, (Given.Node, 900)), [], AccountPolicy.Default), v => v.Health == LeaseHealth.Bad);
    }

    [Fact]
    public void A_change_by_others_since_is_found_by_the_next_look_like_any_other()
    {
        var book = Restore(Empty, Told(Given.Node, 1_000, ("one", 1_000))).Decision.Book;

        var changes = new[] { Given.Change(60, Given.Node, 400, ChangeCause.ByPayer, Reason.FlowRateLowered) };
        var seen = Given.Look(70, 1_000_000, (Given.Node, 400));
        var observed = AccountMachine.Observe(book, seen, changes).Book;
        var verdict = Assert.Single(AccountMachine.Assess(observed, seen, changes, AccountPolicy.Default));

        Assert.Equal((LeaseHealth.Bad, true, Reason.FlowRateLowered), (verdict.Health, verdict.IsCertain, verdict.Reason));
    }

    [Fact]
    public void Leases_that_the_journal_had_no_room_for_take_their_legs_out_of_what_flows_already()
    {
        var digest = new JournaledFlow(Given.Node, After(3_000), new BlockNumber(50), new FlowJournal([], 2, Hash32.Parse("0x" + new string('d', 64))));
        var book = Restore(Empty, digest).Decision.Book;
        var seen = Given.Look(70, 1_000_000_000, (Given.Node, 3_000));

        var first = AccountMachine.Open(book, Given.Lease("one", 1_000), seen);
        var second = AccountMachine.Open(first.Book, Given.Lease("two", 1_900), seen);
        var third = AccountMachine.Open(second.Book, Given.Lease("new", 500), seen);

        Assert.DoesNotContain(first.Effects.Concat(second.Effects), e => e is Effect.MarkFlow);
        // Both have come: what is left is the payer's own, and a third one is paid on top.
        Assert.Equal((Given.Rate(100), UnclaimedRate.None), (second.Book.Account.Flows[Given.Node].Foreign, second.Book.Account.Flows[Given.Node].Unclaimed));
        Assert.Equal(Given.Rate(3_500), third.Book.Account.Flows[Given.Node].Desired);
    }

    [Fact]
    public void Twice_is_once()
    {
        JournaledFlow[] journal = [Told(Given.Node, 877, ("one", 800)), Told(Given.Community, 200, ("one", 200))];
        var once = Restore(Empty, journal).Decision.Book;

        var twice = Restore(once, journal);

        Assert.Empty(twice.Decision.Effects);
        Assert.Equal(once.Account.Flows.Values.OrderBy(f => f.Payee), twice.Decision.Book.Account.Flows.Values.OrderBy(f => f.Payee));
        Assert.Equal(once.Leases.Values, twice.Decision.Book.Leases.Values);
    }

    [Fact]
    public void What_an_early_request_took_for_foreign_is_ours_again()
    {
        // Opened a moment after the loss, before anybody knew of it: its own former flow was taken for somebody else's.
        var early = AccountMachine.Open(Empty, Given.Lease("one", 1_000), Given.Look(70, 1_000_000_000, (Given.Node, 1_600))).Book;
        Assert.Equal(Given.Rate(2_600), early.Account.Flows[Given.Node].Desired);
        var told = Told(Given.Node, 1_600, ("one", 1_000), ("two", 600)) with { After = early.Account.Flows[Given.Node].Observed };

        var restoration = Restore(early, told);

        Assert.Equal([LeaseId.Parse("two")], restoration.Restored);
        var flow = restoration.Decision.Book.Account.Flows[Given.Node];
        Assert.Equal((Given.Rate(0), Given.Rate(1_600)), (flow.Foreign, flow.Desired));
    }

    [Fact]
    public void A_lease_that_our_own_later_operation_left_out_is_held_and_not_paid_again()
    {
        var opened = AccountMachine.Open(Empty, Given.Lease("one", 1_000), Given.Look(10, 1_000_000_000)).Book;
        var active = AccountMachine.Observe(opened, Given.Look(20, 1_000_000_000, (Given.Node, 1_000)), []).Book;

        var restoration = Restore(active, Told(Given.Node, 600, ("two", 600)));

        Assert.Equal([LeaseId.Parse("one")], restoration.Held);
        var held = restoration.Decision.Book.Leases[LeaseId.Parse("one")];
        Assert.Equal((LeaseState.Paused, BreakerState.Isolated), (held.State, held.Breaker.State));
    }

    [Fact]
    public void It_is_held_too_where_the_account_has_looked_since_at_what_pays_another()
    {
        var opened = AccountMachine.Open(Empty, Given.Lease("one", 1_000), Given.Look(10, 1_000_000_000)).Book;
        var active = AccountMachine.Observe(opened, Given.Look(20, 1_000_000_000, (Given.Node, 1_000)), []).Book;
        var told = Told(Given.Node, 1_600, ("two", 1_600)) with { Block = new BlockNumber(30) };
        var looked = AccountMachine.Observe(active, Given.Look(40, 1_000_000_000, (Given.Node, 1_600)), [Given.Change(30, Given.Node, 1_600, ChangeCause.ByUs, Reason.Unspecified)]).Book;

        var restoration = Restore(looked, told with { After = looked.Account.Flows[Given.Node].Observed });

        Assert.Equal([LeaseId.Parse("one")], restoration.Held);
        Assert.Equal([LeaseId.Parse("two")], restoration.Restored);
        Assert.Equal(Given.Rate(1_600), restoration.Decision.Book.Account.Flows[Given.Node].Desired);
    }

    [Fact]
    public void A_lease_that_replaced_another_of_the_same_price_without_an_operation_is_not_held()
    {
        var opened = AccountMachine.Open(Empty, Given.Lease("one", 1_000), Given.Look(10, 1_000_000_000)).Book;
        var active = AccountMachine.Observe(opened, Given.Look(20, 1_000_000_000, (Given.Node, 1_000)), []).Book;
        var told = Told(Given.Node, 1_000, ("former", 1_000)) with { After = active.Account.Flows[Given.Node].Observed, Block = new BlockNumber(15) };

        var restoration = AccountMachine.Restore(active, [told], [LeaseId.Parse("former")], Given.Now);

        Assert.Empty(restoration.Held);
        Assert.Empty(restoration.Decision.Effects);
    }

    [Fact]
    public void An_ended_lease_does_not_come_back()
    {
        var restoration = AccountMachine.Restore(Empty, [Told(Given.Node, 1_000, ("one", 1_000))], [LeaseId.Parse("one")], Given.Now);

        Assert.Empty(restoration.Restored);
        Assert.Empty(restoration.Decision.Book.Leases);
    }

    [Fact]
    public void A_restored_lease_that_is_opened_again_takes_over_what_only_its_scheduler_knows()
    {
        var book = Restore(Empty, Told(Given.Node, 800_000, ("one", 800_000)), Told(Given.Community, 200_000, ("one", 200_000))).Decision.Book;
        var seen = Given.Look(70, 1_000_000_000, (Given.Node, 800_000), (Given.Community, 200_000));
        var draft = Given.Lease("one", 1_000_000, priority: 5, community: true);

        var adopted = AccountMachine.Adopt(book, draft, seen);

        var lease = adopted!.Book.Leases[draft.Id];
        Assert.Equal((LeaseState.Active, 5, "vm-one", draft.Rate, false), (lease.State, lease.Priority, lease.VmId, lease.PaidRate, lease.IsUnclaimed));
        Assert.DoesNotContain(adopted.Effects, e => e is Effect.MarkFlow);
        Assert.Null(AccountMachine.Adopt(book, Given.Lease("one", 1_000_010, community: true), seen));
    }

    [Fact]
    public void A_lease_that_was_paused_when_it_was_lost_is_raised_from_what_it_cost_then()
    {
        var book = Restore(Empty, Told(Given.Node, 100, ("one", 100))).Decision.Book;

        var adopted = AccountMachine.Adopt(book, Given.Lease("one", 1_000, pausedRate: 100), Given.Look(70, 1_000_000_000, (Given.Node, 100)));

        Assert.Equal((LeaseState.Opening, Execution.Wait), (adopted!.Book.Leases[LeaseId.Parse("one")].State, adopted.Book.Leases[LeaseId.Parse("one")].Execution));
        Assert.Equal(Given.Rate(1_000), Assert.Single(adopted.Effects.OfType<Effect.MarkFlow>()).Desired);
    }

    /// <summary>Who paid 1,000 by a list that is gone pays 1,000 until he is repriced: the list in force prices what is opened from now on.</summary>
    [Theory]
    [InlineData(14_000, 0)]
    [InlineData(700, 0)]
    [InlineData(2_001, 300)]
    [InlineData(700, 300)]
    public void A_lease_that_a_list_priced_keeps_its_price_when_another_list_is_in_force(long now, long paused)
    {
        var book = Restore(Empty, Told(Given.Node, 800, ("one", 800)), Told(Given.Community, 200, ("one", 200))).Decision.Book;
        var draft = Given.Lease("one", now, pausedRate: paused, community: true) with { Pricing = LeasePricingTests.Second };

        var adopted = AccountMachine.Adopt(book, draft, Given.Look(70, 1_000_000_000, (Given.Node, 800), (Given.Community, 200)));

        var lease = adopted!.Book.Leases[draft.Id];
        Assert.Equal((LeaseState.Active, Given.Rate(1_000), Given.Rate(1_000), Given.Rate(paused)), (lease.State, lease.Rate, lease.PaidRate, lease.PausedRate));
        Assert.Equal(LeasePricingTests.Second with { ListVersion = LeasePricing.Forgotten }, lease.Pricing);
        Assert.DoesNotContain(adopted.Effects, e => e is Effect.MarkFlow);
        Assert.Equal(Given.Rate(1_000), lease.Meter.Price.Running);
    }

    /// <summary>What it paid is nearer to what a paused VM costs, or one leg of it is not there: nobody can tell what it cost.</summary>
    [Theory]
    [InlineData(200, 50, 1_000, 100)]
    [InlineData(0, 50, 1_000, 0)]
    public void A_lease_whose_price_cannot_be_told_any_more_is_opened_at_the_list_in_force_from_where_its_flows_stand(long node, long community, long now, long paused)
    {
        JournaledFlow[] told = [Told(Given.Node, node, ("one", node)), Told(Given.Community, community, ("one", community))];
        var book = Restore(Empty, [.. told.Where(t => !t.After.Rate.IsZero)]).Decision.Book;
        var draft = Given.Lease("one", now, pausedRate: paused, community: true) with { Pricing = LeasePricingTests.Second };

        var adopted = AccountMachine.Adopt(book, draft, Given.Look(70, 1_000_000_000, (Given.Node, node), (Given.Community, community)));

        var lease = adopted!.Book.Leases[draft.Id];
        Assert.Equal((LeaseState.Opening, Execution.Wait, Given.Rate(now), LeasePricingTests.Second), (lease.State, lease.Execution, lease.Rate, lease.Pricing));
        Assert.Equal([Given.Rate(now * 8 / 10), Given.Rate(now * 2 / 10)], adopted.Effects.OfType<Effect.MarkFlow>().Select(m => m.Desired).OrderDescending());
        // What it used until now cost what was paid for it.
        Assert.Equal(Given.Rate(node + community), lease.Meter.Prices[0].Price.Running);
        Assert.Equal((Given.Now.AddSeconds(70), Given.Rate(now)), (lease.Meter.Prices[^1].At, lease.Meter.Price.Running));
    }

    [Fact]
    public void A_leg_of_which_the_journal_had_only_a_digest_is_claimed_with_the_lease()
    {
        var digest = new JournaledFlow(Given.Community, After(900_000), new BlockNumber(50), new FlowJournal([], 7, Hash32.Parse("0x" + new string('d', 64))));
        var book = Restore(Empty, Told(Given.Node, 800_000, ("one", 800_000)), digest).Decision.Book;
        var seen = Given.Look(70, 1_000_000_000, (Given.Node, 800_000), (Given.Community, 900_000));

        var adopted = AccountMachine.Adopt(book, Given.Lease("one", 1_000_000, community: true), seen);

        Assert.Equal(LeaseState.Active, adopted!.Book.Leases[LeaseId.Parse("one")].State);
        Assert.DoesNotContain(adopted.Effects, e => e is Effect.MarkFlow);
        Assert.Equal(new UnclaimedRate(Given.Rate(700_000), 6), adopted.Book.Account.Flows[Given.Community].Unclaimed);
    }

    private static (LeaseState State, Execution Execution, Reason Reason) StateOf(AccountBook book)
    {
        var lease = book.Leases[LeaseId.Parse("one")];
        return (lease.State, lease.Execution, lease.Reason);
    }

    private static Restoration Restore(AccountBook book, params JournaledFlow[] journal) => AccountMachine.Restore(book, journal, [], Given.Now);

    private static JournaledFlow Told(Address payee, long rate, params (string Lease, long Rate)[] legs) => new(
        payee,
        After(rate),
        new BlockNumber(50),
        new FlowJournal([.. legs.Select(l => new LeaseLeg(LeaseId.Parse(l.Lease), Given.Rate(l.Rate)))], (uint)legs.Length, Digest: null));

    private static FlowReading After(long rate) => new(Given.Rate(rate), new BlockTime(50), TokenAmount.Zero);
}

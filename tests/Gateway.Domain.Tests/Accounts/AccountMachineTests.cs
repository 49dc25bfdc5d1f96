using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

public sealed class AccountMachineTests
{
    private const long Rich = Story.Rich;

    [Fact]
    [Incident("1.2.6")]
    public void Two_leases_of_one_payer_and_payee_share_one_flow_as_a_sum()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Open(Given.Lease("b", 7)).Settle();

        Assert.Equal(Given.Rate(17), story.FlowTo(Given.Node).Desired);
        Assert.Equal(LeaseState.Active, story["a"].State);
        Assert.Equal(LeaseState.Active, story["b"].State);
        Assert.Equal([Execution.Run, Execution.Run], story.Directives.Select(d => d.Execution));
    }

    [Fact]
    public void A_lease_runs_only_when_every_leg_is_seen_paid()
    {
        var story = new Story().Open(Given.Lease("a", 10, community: true)).Look(Rich, [(Given.Node, 8)]);

        Assert.Equal(LeaseState.Opening, story["a"].State);
        Assert.Empty(story.Directives);

        story.Look(Rich, [(Given.Node, 8), (Given.Community, 2)]);
        Assert.Equal(LeaseState.Active, story["a"].State);
    }

    [Fact]
    public void Closing_the_last_lease_closes_the_flow_and_ends_the_lease_when_the_chain_shows_it()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Close("a");

        Assert.Equal(LeaseState.Closing, story["a"].State);
        Assert.Equal(FlowRate.Zero, story.Marks[^1].Desired);
        Assert.Equal(Urgency.StopLoss, story.Marks[^1].Urgency);

        story.Settle();
        Assert.Empty(story.Book.Leases);
        Assert.Empty(story.Book.Account.Flows);
    }

    [Fact]
    public void A_terminated_vm_ends_its_lease_and_its_flow()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Report("a", Execution.Terminate);

        Assert.Equal(LeaseState.Closing, story["a"].State);
        Assert.Equal(FlowRate.Zero, story.FlowTo(Given.Node).Desired);
    }

    [Fact]
    public void A_flow_that_existed_before_the_first_lease_is_foreign_and_flows_on_after_the_last_one()
    {
        var look = Given.Look(1, Rich, (Given.Node, 100));
        var story = new Story();
        story.Take(AccountMachine.Open(story.Book, Given.Lease("a", 10), look));
        Assert.Equal(Given.Rate(110), story.FlowTo(Given.Node).Desired);

        story.Settle().Close("a").Settle();
        Assert.Equal(Given.Rate(100), story.FlowTo(Given.Node).Desired);
        Assert.Equal(Given.Rate(100), story.FlowTo(Given.Node).Foreign);
    }

    [Fact]
    public void A_payer_who_closes_his_flow_pauses_its_leases_and_it_is_not_made_again()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        story.Look(Rich, [], Given.Change(2, Given.Node, 0, ChangeCause.ByPayer, Reason.FlowClosedByPayer));

        Assert.Equal(LeaseState.Paused, story["a"].State);
        Assert.Equal(BreakerState.Open, story["a"].Breaker.State);
        var pause = story.Directives[^1];
        Assert.Equal((Execution.Pause, Reason.FlowClosedByPayer), (pause.Execution, pause.Reason));
        Assert.NotNull(pause.Evidence?.TransactionHash);
        Assert.Equal(FlowRate.Zero, story.FlowTo(Given.Node).Desired);

        story.Report("a", Execution.Pause).Look(Rich, []).Look(Rich, []);
        Assert.Equal(FlowRate.Zero, story.FlowTo(Given.Node).Desired);
        Assert.Equal(2, story.Directives.Count);
    }

    [Fact]
    public void A_payer_who_pays_again_what_he_had_closed_gets_his_vm_back()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle()
            .Look(Rich, [], Given.Change(2, Given.Node, 0, ChangeCause.ByPayer, Reason.FlowClosedByPayer))
            .Report("a", Execution.Pause)
            .Look(Rich, [(Given.Node, 10)], Given.Change(3, Given.Node, 10, ChangeCause.ByPayer, Reason.Unspecified))
            .Look(Rich, [(Given.Node, 10)]);

        Assert.Equal(LeaseState.Active, story["a"].State);
        Assert.Equal((Execution.Run, Reason.Recovered), (story.Directives[^1].Execution, story.Directives[^1].Reason));
        Assert.Equal(Given.Rate(10), story.FlowTo(Given.Node).Desired);
        Assert.Equal(FlowRate.Zero, story.FlowTo(Given.Node).Foreign);
    }

    [Fact]
    [Incident("1.2.6")]
    public void A_lowered_flow_pauses_only_as_many_leases_as_it_no_longer_carries_lowest_priority_first()
    {
        var story = new Story().Open(Given.Lease("low", 10, priority: 1)).Open(Given.Lease("high", 10, priority: 2)).Settle()
            .Look(Rich, [(Given.Node, 15)], Given.Change(2, Given.Node, 15, ChangeCause.ByPayer, Reason.FlowRateLowered));

        Assert.Equal(LeaseState.Active, story["high"].State);
        Assert.Equal(LeaseState.Paused, story["low"].State);
        Assert.Equal(Reason.FlowRateLowered, story["low"].Reason);
    }

    [Fact]
    [Incident("1.5.7")]
    public void A_payer_who_raises_the_flow_himself_keeps_what_he_added()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle()
            .Look(Rich, [(Given.Node, 25)], Given.Change(2, Given.Node, 25, ChangeCause.ByPayer, Reason.Unspecified));
        Assert.Equal(Given.Rate(15), story.FlowTo(Given.Node).Foreign);

        story.Close("a").Settle();
        Assert.Equal(Given.Rate(15), story.FlowTo(Given.Node).Desired);

        var again = new Story().Open(Given.Lease("a", 10)).Settle()
            .Look(Rich, [(Given.Node, 25)], Given.Change(2, Given.Node, 25, ChangeCause.ByPayer, Reason.Unspecified))
            .Look(Rich, [(Given.Node, 10)], Given.Change(3, Given.Node, 10, ChangeCause.ByPayer, Reason.FlowRateLowered));
        Assert.Equal(LeaseState.Active, again["a"].State);
        Assert.Equal(FlowRate.Zero, again.FlowTo(Given.Node).Foreign);
    }

    [Fact]
    [Incident("1.2.5")]
    public void An_account_that_runs_dry_pauses_lowest_priority_then_youngest_and_only_as_many_as_needed()
    {
        const long hour = 3600;
        var story = new Story().Open(Given.Lease("old", 10, priority: 1)).Open(Given.Lease("young", 10, priority: 1, bornAfterSeconds: 5))
            .Open(Given.Lease("vip", 10, priority: 9)).Settle();

        // 30 wei/s, fourteen minutes left: without one of them the freed buffer carries the other two for hours.
        story.Look(30 * 14 * 60, [(Given.Node, 30)]);

        Assert.Equal(["young"], story.Book.Leases.Values.Where(l => l.State == LeaseState.Paused).Select(l => l.Id.Value));
        Assert.Equal(Reason.RunwayLow, story.Directives[^1].Reason);
        Assert.NotNull(story.Directives[^1].UnpaidFrom);
        Assert.Equal(Given.Rate(30), story.FlowTo(Given.Node).Desired);

        story.Report("young", Execution.Pause);
        Assert.Equal(Given.Rate(20), story.FlowTo(Given.Node).Desired);
        story.Settle(20 * 4 * hour);
        Assert.Equal(LeaseState.Paused, story["young"].State);
    }

    [Fact]
    [Incident("1.4.2")]
    public void A_top_up_resumes_what_was_paused_once_the_flow_is_restored()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Look(10 * 60, [(Given.Node, 10)])
            .Report("a", Execution.Pause).Settle(1000);
        Assert.Equal((LeaseState.Paused, BreakerState.Open), (story["a"].State, story["a"].Breaker.State));
        Assert.Equal(FlowRate.Zero, story.FlowTo(Given.Node).Desired);

        story.Look(Rich, []);
        Assert.Equal((LeaseState.Paused, BreakerState.HalfOpen), (story["a"].State, story["a"].Breaker.State));
        Assert.Equal(Execution.Pause, story["a"].Execution);
        Assert.Equal(Given.Rate(10), story.FlowTo(Given.Node).Desired);

        story.Settle();
        Assert.Equal((LeaseState.Active, BreakerState.Closed), (story["a"].State, story["a"].Breaker.State));
        Assert.Equal((Execution.Run, Reason.Recovered), (story.Directives[^1].Execution, story.Directives[^1].Reason));
    }

    [Fact]
    public void A_revoked_grant_pauses_nothing_and_shows_on_the_lease()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        var seen = Given.Look(9, Rich, (Given.Node, 10)) with { Grant = OperatorGrant.None };
        story.Take(AccountMachine.Observe(story.Book, seen, []));

        Assert.Equal((LeaseState.Active, Reason.PermissionRevoked), (story["a"].State, story["a"].Reason));
        Assert.Single(story.Directives);
        Assert.All(AccountMachine.Assess(story.Book, seen, [], AccountPolicy.Default), v => Assert.NotEqual(LeaseHealth.Bad, v.Health));
    }

    [Fact]
    public void A_raise_is_active_only_when_the_chain_pays_it_and_runs_on_meanwhile()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        story.Take(AccountMachine.Update(story.Book, LeaseId.Parse("a"), new LeaseChange(Given.Rate(20), null, null, Given.Now, null)));
        Assert.Equal(LeaseState.Updating, story["a"].State);

        story.Look(Rich, [(Given.Node, 10)]);
        Assert.Equal(LeaseState.Updating, story["a"].State);

        story.Settle();
        Assert.Equal((LeaseState.Active, Given.Rate(20)), (story["a"].State, story["a"].PaidRate));
        Assert.Single(story.Directives);
    }

    [Fact]
    public void A_lower_price_is_active_only_when_the_chain_no_longer_pays_the_former_one()
    {
        var story = new Story().Open(Given.Lease("a", 20)).Settle();
        story.Take(AccountMachine.Update(story.Book, LeaseId.Parse("a"), new LeaseChange(Given.Rate(5), null, null, Given.Now, null)));
        story.Look(Rich, [(Given.Node, 20)]);
        Assert.Equal(LeaseState.Updating, story["a"].State);

        story.Settle();
        Assert.Equal(LeaseState.Active, story["a"].State);
    }

    [Fact]
    public void A_refused_opening_rejects_the_youngest_new_lease_and_touches_no_running_one()
    {
        var story = new Story().Open(Given.Lease("running", 10)).Settle()
            .Open(Given.Lease("new", 10)).Open(Given.Lease("newer", 10, bornAfterSeconds: 1));
        var refusal = new SettlementRefusal([Given.Node], Reason.InsufficientBalance, "CFA_INSUFFICIENT_BALANCE");
        story.Take(AccountMachine.Refuse(story.Book, refusal, Given.Now));

        Assert.Equal((Execution.Terminate, Reason.InsufficientBalance, "newer"),
            (story.Directives[^1].Execution, story.Directives[^1].Reason, story.Directives[^1].Lease.Value));
        Assert.Equal(LeaseState.Opening, story["new"].State);
        Assert.Equal(LeaseState.Active, story["running"].State);
        Assert.Equal(Given.Rate(20), story.FlowTo(Given.Node).Desired);
    }

    [Fact]
    public void An_isolated_lease_stays_paused_until_it_is_released_and_is_then_probed()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        story.Take(AccountMachine.Isolate(story.Book, LeaseId.Parse("a"), "maintenance", Given.Now)).Settle().Settle();
        Assert.Equal((LeaseState.Paused, BreakerState.Isolated), (story["a"].State, story["a"].Breaker.State));

        story.Take(AccountMachine.Release(story.Book, LeaseId.Parse("a"), Given.Now)).Settle().Settle();
        Assert.Equal((LeaseState.Active, BreakerState.Closed), (story["a"].State, story["a"].Breaker.State));
    }

    [Fact]
    [Incident("1.1.4")]
    public void An_older_block_than_the_last_one_changes_nothing()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Settle();
        var before = story.Book;
        var decision = AccountMachine.Observe(before, Given.Look(1, 0), []);

        Assert.Same(before, decision.Book);
        Assert.Empty(decision.Effects);
    }

    [Fact]
    public void A_reading_below_what_is_due_without_a_log_is_uncertain()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        var seen = Given.Look(5, Rich);
        var observed = AccountMachine.Observe(story.Book, seen, []);
        var verdict = Assert.Single(AccountMachine.Assess(observed.Book, seen, [], AccountPolicy.Default));

        Assert.Equal(LeaseHealth.Bad, verdict.Health);
        Assert.False(verdict.IsCertain);
    }

    [Fact]
    public void Generations_rise_even_where_a_flow_was_forgotten_in_between()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Close("a").Settle().Open(Given.Lease("b", 5));

        Assert.Equal(story.Marks.Select(m => m.Generation).Order().Distinct(), story.Marks.Select(m => m.Generation));
    }
}

using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>What overtakes what: a close its own opening, a payer our pause, a topped-up account a lease that cannot be helped.</summary>
public sealed class OvertakenTests
{
    private const long Rich = Story.Rich;

    [Fact]
    public void A_lease_closed_while_its_opening_is_under_way_is_closed_only_when_settlement_has_finished()
    {
        var story = new Story { UnderWay = [Given.Node] }.Open(Given.Lease("a", 10)).Close("a").Look(Rich, []);
        Assert.Equal(LeaseState.Closing, story["a"].State);

        // The opening is executed after all, and another lease comes in before the deletion: what flows is ours, not foreign.
        story.Look(Rich, [(Given.Node, 10)], Given.Change(2, Given.Node, 10, ChangeCause.ByUs, Reason.Unspecified)).Open(Given.Lease("b", 3));
        Assert.Equal(Given.Rate(3), story.FlowTo(Given.Node).Desired);
        Assert.Equal(FlowRate.Zero, story.FlowTo(Given.Node).Foreign);

        story.UnderWay = [];
        story.Settle();
        Assert.False(story.Book.Leases.ContainsKey(Domain.Identity.LeaseId.Parse("a")));
        Assert.Equal(LeaseState.Active, story["b"].State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_new_lease_does_not_start_on_what_a_paused_vm_uses_until_it_stands(int priority)
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        story.Take(AccountMachine.Isolate(story.Book, Domain.Identity.LeaseId.Parse("a"), "to be looked at", Given.Now));
        story.Open(Given.Lease("b", 10, priority, bornAfterSeconds: 1)).Look(Rich, [(Given.Node, 10)]);
        Assert.Equal((LeaseState.Opening, Given.Rate(20)), (story["b"].State, story.FlowTo(Given.Node).Desired));

        // Its VM stands: what flows is free for the other one.
        story.Report("a", Execution.Pause).Look(Rich, [(Given.Node, 10)]);
        Assert.Equal((LeaseState.Active, Given.Rate(10)), (story["b"].State, story.FlowTo(Given.Node).Desired));
    }

    [Fact]
    public void A_flow_that_the_payer_closes_under_a_paused_lease_is_not_made_again_by_a_top_up()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Look(balance: 100, [(Given.Node, 10)]);
        Assert.Equal(Reason.RunwayLow, story["a"].Reason);

        story.Look(balance: 100, [], Given.Change(3, Given.Node, 0, ChangeCause.ByPayer, Reason.FlowClosedByPayer)).Report("a", Execution.Pause);
        story.Look(Rich, []).Look(Rich, []);

        Assert.Equal((LeaseState.Paused, Reason.FlowClosedByPayer), (story["a"].State, story["a"].Reason));
        Assert.Equal(FlowRate.Zero, story.FlowTo(Given.Node).Desired);
    }

    [Fact]
    public void A_new_lease_does_not_start_on_what_is_left_of_a_flow_that_our_own_change_took_from_an_older_one()
    {
        // The close of one lease is under way when another one is opened at what its flow still pays; then the close is mined.
        var story = new Story { UnderWay = [Given.Node] }.Open(Given.Lease("gone", 10)).Settle().Close("gone");
        story.Open(Given.Lease("a", 10, bornAfterSeconds: 1)).Look(Rich, [(Given.Node, 10)]);
        Assert.Equal((LeaseState.Active, true), (story["a"].State, story["a"].MayRun));
        story.Look(Rich, [(Given.Node, 6)], Given.Change(3, Given.Node, 6, ChangeCause.ByUs, Reason.Unspecified));

        story.Open(Given.Lease("b", 6, priority: 5, bornAfterSeconds: 2)).Look(Rich, [(Given.Node, 6)]);

        Assert.Equal((LeaseState.Updating, LeaseState.Opening), (story["a"].State, story["b"].State));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_flow_that_was_liquidated_is_made_again_once_its_account_can_carry_it(bool isReported)
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        story.Look(balance: 0, [], Given.Change(2, Given.Node, 0, ChangeCause.Liquidated, Reason.FlowLiquidated));
        if (isReported)
            story.Report("a", Execution.Pause);
        story.Look(balance: 100_000, []).Look(balance: 100_000, []);
        Assert.Equal((LeaseState.Paused, Reason.FlowLiquidated, FlowRate.Zero), (story["a"].State, story["a"].Reason, story.FlowTo(Given.Node).Desired));

        // The buffer and the margin of resuming, which 100,000 would not have borne.
        story.Look(Rich, []).Settle();

        Assert.Equal((LeaseState.Active, Execution.Run), (story["a"].State, story["a"].Execution));
        Assert.Equal((Given.Rate(10), FlowRate.Zero), (story.FlowTo(Given.Node).Observed.Rate, story.FlowTo(Given.Node).Foreign));
    }

    [Fact]
    public void A_flow_that_is_liquidated_while_a_hand_holds_its_lease_is_made_again_as_well()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        var id = Domain.Identity.LeaseId.Parse("a");
        story.Take(AccountMachine.Isolate(story.Book, id, "to be looked at", Given.Now)).Report("a", Execution.Pause);
        var liquidated = Given.Change(2, Given.Node, 0, ChangeCause.Liquidated, Reason.FlowLiquidated);
        story.Look(balance: 0, [], liquidated with { Evidence = liquidated.Evidence with { BufferLost = TokenAmount.FromWei(7), TransactionHash = Domain.Identity.Hash32.Parse("0x" + new string('b', 64)) } });

        story.Take(AccountMachine.Release(story.Book, id, Given.Now));
        Assert.Equal((LeaseState.Paused, Reason.FlowLiquidated), (story["a"].State, story["a"].Reason));
        story.Look(Rich, []).Settle();

        Assert.Equal((LeaseState.Active, Execution.Run), (story["a"].State, story["a"].Execution));
    }

    [Fact]
    public void A_leg_that_its_payer_closed_stays_closed_though_the_other_one_is_liquidated()
    {
        var story = new Story().Open(Given.Lease("a", 10, community: true)).Settle();
        story.Look(Rich, [(Given.Node, 8)], Given.Change(2, Given.Community, 0, ChangeCause.ByPayer, Reason.FlowClosedByPayer)).Report("a", Execution.Pause);
        story.Look(balance: 0, [], Given.Change(3, Given.Node, 0, ChangeCause.Liquidated, Reason.FlowLiquidated));

        story.Look(Rich, []).Look(Rich, []);

        Assert.Equal((LeaseState.Paused, Reason.FlowClosedByPayer), (story["a"].State, story["a"].Reason));
    }

    [Fact]
    public void A_probe_whose_flow_the_payer_closes_goes_back_to_waiting()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Look(balance: 100, [(Given.Node, 10)]).Look(Rich, [(Given.Node, 10)]);
        Assert.Equal(BreakerState.HalfOpen, story["a"].Breaker.State);

        story.Look(Rich, [], Given.Change(4, Given.Node, 0, ChangeCause.ByPayer, Reason.FlowClosedByPayer)).Look(Rich, []);

        Assert.Equal(BreakerState.Open, story["a"].Breaker.State);
        Assert.Equal(FlowRate.Zero, story.FlowTo(Given.Node).Desired);
    }

    [Fact]
    public void What_is_left_of_a_lowered_flow_is_kept_until_the_pause_is_reported()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        story.Look(Rich, [(Given.Node, 9)], Given.Change(2, Given.Node, 9, ChangeCause.ByPayer, Reason.FlowRateLowered));

        Assert.Equal(LeaseState.Paused, story["a"].State);
        Assert.Equal(Given.Rate(9), story.FlowTo(Given.Node).Desired);

        story.Report("a", Execution.Pause);
        Assert.Equal(FlowRate.Zero, story.FlowTo(Given.Node).Desired);
    }

    [Fact]
    public void A_payer_who_mends_what_he_lowered_is_paid_for_again_by_the_difference_alone()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        story.Look(Rich, [(Given.Node, 9)], Given.Change(2, Given.Node, 9, ChangeCause.ByPayer, Reason.FlowRateLowered));
        var mended = Given.Change(3, Given.Node, 10, ChangeCause.ByPayer, Reason.FlowRateLowered);

        story.Look(Rich, [(Given.Node, 10)], mended).Look(Rich, [(Given.Node, 10)]).Look(Rich, [(Given.Node, 10)]);

        Assert.Equal(LeaseState.Active, story["a"].State);
        Assert.Equal((Given.Rate(10), FlowRate.Zero), (story.FlowTo(Given.Node).Desired, story.FlowTo(Given.Node).Foreign));
    }

    [Fact]
    public void Once_the_account_is_all_but_critical_an_unreported_pause_counts_for_nothing()
    {
        var story = new Story().Open(Given.Lease("old", 10_000_000)).Open(Given.Lease("young", 10_000_000, bornAfterSeconds: 1)).Settle();
        story.Look(balance: 0, [(Given.Node, 20_000_000)]);
        Assert.Equal((LeaseState.Active, LeaseState.Paused), (story["old"].State, story["young"].State));

        story.Look(balance: 0, [(Given.Node, 20_000_000)]);
        Assert.Equal(LeaseState.Paused, story["old"].State);
    }

    [Fact]
    public void A_lease_that_cannot_be_restored_does_not_hold_back_those_below_it()
    {
        var story = new Story().Open(Given.Lease("first", 10, priority: 9)).Settle();
        story.Look(Rich, [], Given.Change(2, Given.Node, 0, ChangeCause.ByPayer, Reason.FlowClosedByPayer)).Report("first", Execution.Pause);
        var second = Given.Lease("second", 10) with { Payees = [new Payee(Given.Community, SharePpm.FromPpm(SharePpm.Whole), "node")] };
        story.Open(second).Settle().Look(balance: 100, [(Given.Community, 10)]).Report("second", Execution.Pause).Settle(balance: 100);

        story.Look(Rich, []).Settle();

        Assert.Equal((LeaseState.Paused, LeaseState.Active), (story["first"].State, story["second"].State));
    }

    [Fact]
    public void A_released_lease_whose_flow_the_payer_closed_waits_for_him()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        story.Take(AccountMachine.Isolate(story.Book, story["a"].Id, "its host burns", Given.Now));
        story.Look(Rich, [], Given.Change(2, Given.Node, 0, ChangeCause.ByPayer, Reason.FlowClosedByPayer));

        story.Take(AccountMachine.Release(story.Book, story["a"].Id, Given.Now));

        Assert.Equal((BreakerState.Open, Reason.FlowClosedByPayer), (story["a"].Breaker.State, story["a"].Breaker.Reason));
    }

    [Fact]
    public void A_grant_that_is_back_marks_again_what_waited_for_it()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Close("a");
        var revoked = Given.Look(2, Rich, (Given.Node, 10)) with { Grant = OperatorGrant.None };
        story.Take(AccountMachine.Observe(story.Book, revoked, []));
        story.Take(AccountMachine.Refuse(story.Book, new SettlementRefusal([Given.Node], Reason.PermissionRevoked, "refused"), Given.Now));
        Assert.Equal(Reason.PermissionRevoked, story["a"].Reason);
        var before = story.Marks.Count;

        story.Take(AccountMachine.Observe(story.Book, Given.Look(3, Rich, (Given.Node, 10)), []));

        Assert.Equal(before + 1, story.Marks.Count);
        Assert.Equal((FlowRate.Zero, story.FlowTo(Given.Node).Generation), (story.Marks[^1].Desired, story.Marks[^1].Generation));
    }

    [Fact]
    public void A_flow_is_not_forgotten_by_the_look_that_marks_it()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle();
        story.Look(Rich, [(Given.Node, 15)], Given.Change(2, Given.Node, 15, ChangeCause.ByPayer, Reason.Unspecified)).Close("a").Settle();
        Assert.Equal(Given.Rate(5), story.FlowTo(Given.Node).Desired);

        // Settlement is about to take the mark over: what comes to flow there meanwhile would be nobody's, and wanted gone by the lane for ever.
        story.Look(Rich, [], Given.Change(4, Given.Node, 0, ChangeCause.ByPayer, Reason.Unspecified));
        Assert.Equal(FlowRate.Zero, story.Marks[^1].Desired);
        Assert.True(story.Book.Account.Flows.ContainsKey(Given.Node));

        story.Look(Rich, []);
        Assert.False(story.Book.Account.Flows.ContainsKey(Given.Node));
    }

    [Fact]
    public void A_mark_that_got_lost_is_made_again_by_the_next_look()
    {
        var story = new Story().Open(Given.Lease("a", 10));
        Assert.Single(story.Marks);

        story.UnderWay = [Given.Node];
        story.Look(Rich, []);
        Assert.Single(story.Marks);

        story.UnderWay = [];
        story.Look(Rich, []);
        Assert.Equal((2, Given.Rate(10)), (story.Marks.Count, story.Marks[^1].Desired));
        Assert.True(story.Marks[^1].Generation > story.Marks[0].Generation);
    }

    [Fact]
    public void A_lease_whose_flow_an_earlier_close_of_ours_takes_is_paid_again_and_not_paused()
    {
        var story = new Story();
        story.Open(Given.Lease("a", 100)).Settle();
        story.Close("a").Open(Given.Lease("b", 100));
        // The flow still pays what the newer lease costs; the close is under way.
        story.UnderWay = [Given.Node];
        story.Look(Story.Rich, [(Given.Node, 100)]);
        Assert.Equal(LeaseState.Active, story["b"].State);

        var closed = Given.Change(3, Given.Node, 0, ChangeCause.ByUs, Reason.Unspecified);
        story.Look(Story.Rich, [], closed);
        for (var i = 0; i < 5; i++)
            story.Look(Story.Rich, []);
        Assert.Equal((LeaseState.Updating, BreakerState.Closed, 0), (story["b"].State, story["b"].Breaker.State, story["b"].Breaker.Strikes));
        story.UnderWay = [];
        story.Settle();

        Assert.Equal(LeaseState.Active, story["b"].State);
        Assert.Equal(Given.Rate(100), story.FlowTo(Given.Node).Observed.Rate);
        Assert.DoesNotContain(story.Directives, d => d.Execution == Execution.Pause);
    }
}

using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>Our own delay: it is shown, it is borne for a while, and then it pauses what would run unpaid, for that reason and no other.</summary>
public sealed class SettlementWaitingTests
{
    private static readonly TimeSpan Patience = AccountPolicy.Default.SettlementPatience;

    private readonly Story _story = new();

    private static SettlementOutlook Held(params Urgency[] urgencies) => new([.. urgencies], IsStalled: false);

    [Fact]
    public void A_raise_that_is_held_for_the_price_of_gas_pauses_its_vm_once_patience_is_over()
    {
        Raised();
        _story.Outlook = Held(Urgency.Open, Urgency.Raise);
        LookAtFormerPrice();
        _story.Pass(Patience - TimeSpan.FromSeconds(1));
        Assert.Equal(LeaseState.Updating, LookAtFormerPrice().State);

        var lease = LookAtFormerPrice();

        Assert.Equal((LeaseState.Paused, Execution.Pause, Reason.GasAboveCeiling), (lease.State, lease.Execution, lease.Reason));
        var told = _story.Directives[^1];
        Assert.Equal((Execution.Pause, Reason.GasAboveCeiling), (told.Execution, told.Reason));
        Assert.NotNull(told.UnpaidFrom);
    }

    [Fact]
    public void Without_a_known_cause_settlement_is_said_to_have_stalled()
    {
        Raised();
        LookAtFormerPrice();
        _story.Pass(Patience);

        LookAtFormerPrice();

        Assert.Equal(Reason.SettlementStalled, LookAtFormerPrice().Reason);
    }

    [Fact]
    public void A_raise_that_is_settled_in_time_pauses_nothing_and_the_next_one_has_all_its_patience_again()
    {
        Raised();
        LookAtFormerPrice();
        _story.Pass(Patience - TimeSpan.FromSeconds(10));
        _story.Settle();
        Assert.Null(_story["a"].UnsettledSince);
        _story.Take(AccountMachine.Update(_story.Book, LeaseId.Parse("a"), To(300)));

        var lease = _story.Look(Story.Rich, [(Given.Node, 200)])["a"];

        Assert.Equal((LeaseState.Updating, BreakerState.Closed), (lease.State, lease.Breaker.State));
        Assert.DoesNotContain(_story.Directives, d => d.Execution == Execution.Pause);
    }

    [Fact]
    public void A_lease_that_is_lowered_waits_as_long_as_it_takes()
    {
        _story.Open(Given.Lease("a", 100)).Settle();
        _story.Report("a", Execution.Run).Take(AccountMachine.Update(_story.Book, LeaseId.Parse("a"), To(50)));
        _story.Outlook = Held(Urgency.Lower, Urgency.Open, Urgency.Raise);
        LookAtFormerPrice();
        _story.Pass(Patience + Patience);

        Assert.Equal(BreakerState.Closed, LookAtFormerPrice().Breaker.State);
    }

    [Fact]
    public void It_is_not_probed_while_flows_cannot_be_raised_and_runs_again_once_they_can()
    {
        Raised();
        _story.Outlook = Held(Urgency.Raise);
        LookAtFormerPrice();
        _story.Pass(Patience + TimeSpan.FromSeconds(1));
        LookAtFormerPrice();
        _story.Report("a", Execution.Pause);
        _story.Settle();
        Assert.True(_story.FlowTo(Given.Node).Desired.IsZero);
        Assert.Equal(BreakerState.Open, _story.Settle()["a"].Breaker.State);

        _story.Outlook = SettlementOutlook.Clear;
        Assert.Equal(BreakerState.HalfOpen, _story.Settle()["a"].Breaker.State);
        var lease = _story.Settle()["a"];

        Assert.Equal((LeaseState.Active, Execution.Run), (lease.State, lease.Execution));
        Assert.Equal(Given.Rate(200), _story.FlowTo(Given.Node).Observed.Rate);
    }

    [Fact]
    public void A_lease_that_is_being_opened_shows_what_it_waits_for_and_forgets_it_again()
    {
        _story.Open(Given.Lease("a", 100));
        _story.Outlook = Held(Urgency.Open);
        Assert.Equal(Reason.GasAboveCeiling, _story.Look(Story.Rich, [])["a"].Reason);
        _story.Outlook = new SettlementOutlook([], IsStalled: true);
        Assert.Equal(Reason.SettlementStalled, _story.Look(Story.Rich, [])["a"].Reason);
        _story.Outlook = SettlementOutlook.Clear;
        Assert.Equal(Reason.Unspecified, _story.Look(Story.Rich, [])["a"].Reason);

        Assert.Equal(LeaseState.Opening, _story["a"].State);
        Assert.Empty(_story.Directives);
    }

    [Fact]
    public void A_raise_that_is_paid_is_not_overdue_because_another_lease_is_still_to_be_lowered()
    {
        _story.Open(Given.Lease("a", 100)).Open(Given.Lease("b", 100)).Settle();
        _story.Report("a", Execution.Run).Take(AccountMachine.Update(_story.Book, LeaseId.Parse("a"), To(200)));
        _story.Settle().Take(AccountMachine.Update(_story.Book, LeaseId.Parse("a"), To(250)));
        _story.Take(AccountMachine.Update(_story.Book, LeaseId.Parse("b"), To(10)));
        for (var i = 0; i < 3; i++)
            _story.Pass(Patience).Look(Story.Rich, [(Given.Node, 300)]);

        Assert.Equal(BreakerState.Closed, _story["a"].Breaker.State);
    }

    [Fact]
    public void A_raise_that_the_chain_refuses_is_the_payers_matter_and_pauses_nothing()
    {
        Raised();
        _story.Take(AccountMachine.Refuse(_story.Book, new SettlementRefusal([Given.Node], Reason.InsufficientBalance, "no balance"), Given.Now));
        for (var i = 0; i < 3; i++)
            _story.Pass(Patience).Look(Story.Rich, [(Given.Node, 100)]);

        Assert.Equal((LeaseState.Updating, BreakerState.Closed), (_story["a"].State, _story["a"].Breaker.State));
    }

    [Fact]
    public void A_price_that_rises_again_and_again_and_follows_each_time_is_not_overdue()
    {
        Raised();
        for (var rate = 300; rate < 2000; rate += 100)
        {
            _story.Pass(Patience / 3).Look(Story.Rich, [(Given.Node, rate - 100)]);
            _story.Take(AccountMachine.Update(_story.Book, LeaseId.Parse("a"), To(rate + 100)));
        }

        Assert.Equal(BreakerState.Closed, _story["a"].Breaker.State);
    }

    [Fact]
    public void A_lease_whose_raise_landed_after_all_runs_again_however_dear_gas_is_by_then()
    {
        Raised();
        _story.Outlook = Held(Urgency.Open, Urgency.Raise);
        LookAtFormerPrice();
        _story.Pass(Patience);
        LookAtFormerPrice();
        Assert.Equal(BreakerState.Open, LookAtFormerPrice().Breaker.State);

        // The transaction that was under way is mined before the pause is reported.
        _story.Look(Story.Rich, [(Given.Node, 200)]);
        var lease = _story.Look(Story.Rich, [(Given.Node, 200)])["a"];

        Assert.Equal((LeaseState.Active, Execution.Run), (lease.State, lease.Execution));
    }

    private static LeaseChange To(long rate) => new(Given.Rate(rate), Priority: null, PausedRate: null, Given.Now, TraceParent: null);

    private Lease LookAtFormerPrice() => _story.Look(Story.Rich, [(Given.Node, 100)])["a"];

    private void Raised()
    {
        _story.Open(Given.Lease("a", 100)).Settle();
        _story.Report("a", Execution.Run).Take(AccountMachine.Update(_story.Book, LeaseId.Parse("a"), To(200)));
    }
}

using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>How long a lease may stay paused: bounded, not to be farmed, and never spent by our own lag.</summary>
public sealed class GraceTests
{
    private static readonly TimeSpan Grace = AccountPolicy.Default.Grace;

    [Fact]
    [Incident("1.4.1")]
    public void A_lease_that_was_paused_for_its_whole_grace_is_terminated_and_closed()
    {
        var story = Paused();

        story.Pass(Grace - TimeSpan.FromSeconds(3)).Again(balance: 1);
        Assert.Equal(LeaseState.Paused, story["a"].State);
        story.Again(balance: 1);

        var told = story.Directives[^1];
        Assert.Equal((Execution.Terminate, Reason.GraceExpired), (told.Execution, told.Reason));
        Assert.Contains("RunwayLow", told.Evidence!.Detail, StringComparison.Ordinal);
        Assert.Equal((LeaseState.Closing, Reason.GraceExpired), (story["a"].State, story["a"].Reason));
        story.Again(balance: 1);
        Assert.Empty(story.Book.Leases);
    }

    [Fact]
    public void What_was_terminated_keeps_its_reason_when_it_is_closed()
    {
        var story = Paused().Pass(Grace).Again(balance: 1);

        var closed = AccountMachine.Observe(story.Book, Given.Look(99_999_999, 1), []).Book.Leases.Values.Single();

        Assert.Equal((LeaseState.Closed, Reason.GraceExpired), (closed.State, closed.Reason));
    }

    [Fact]
    [Incident("1.4.7")]
    public void A_top_up_at_the_last_second_resumes_instead()
    {
        var story = Paused().Pass(Grace - TimeSpan.FromSeconds(3)).Again(balance: 1);

        story.Pass(TimeSpan.FromDays(1)).Again(Story.Rich).Settle();

        Assert.Equal(LeaseState.Active, story["a"].State);
        Assert.DoesNotContain(story.Directives, d => d.Execution == Execution.Terminate);
    }

    [Fact]
    [Incident("1.4.3")]
    public void Short_top_ups_give_back_only_the_time_that_they_pay_for()
    {
        var story = Paused();
        for (var cycle = 0; cycle < 13; cycle++)
        {
            // Nearly a day without paying, an hour paid, again and again.
            story.Pass(TimeSpan.FromHours(25)).Again(Story.Rich).Settle();
            Assert.Equal(LeaseState.Active, story["a"].State);
            story.Report("a", Execution.Run).Pass(TimeSpan.FromHours(1)).Again(balance: 10).Report("a", Execution.Pause).Settle(balance: 1);
            Assert.Equal(LeaseState.Paused, story["a"].State);
        }

        story.Pass(TimeSpan.FromHours(24)).Again(balance: 1);

        Assert.Equal(Execution.Terminate, story.Directives[^1].Execution);
    }

    [Fact]
    public void As_much_time_run_paid_as_was_spent_makes_the_grace_whole_again()
    {
        var story = Paused().Pass(TimeSpan.FromDays(3)).Again(Story.Rich).Settle();
        story.Report("a", Execution.Run).Pass(TimeSpan.FromDays(4)).Again(Story.Rich);

        Assert.Equal(GraceClock.Untouched, story["a"].Grace);
    }

    [Theory]
    [InlineData(Reason.SettlementStalled)]
    [InlineData(Reason.GasAboveCeiling)]
    [InlineData(Reason.ChainUnreachable)]
    public void A_pause_for_our_own_delay_spends_nothing(Reason ours)
    {
        var story = Running();
        story.Take(AccountMachine.MoveBreaker(story.Book, LeaseId.Parse("a"), BreakerMove.Plain(BreakerState.Open, ours), Given.Now)).Report("a", Execution.Pause).Settle();
        story.Outlook = new SettlementOutlook([], IsStalled: true);
        story.Take(AccountMachine.MoveBreaker(story.Book, LeaseId.Parse("a"), BreakerMove.Plain(BreakerState.Open, ours), Given.Now));

        story.Pass(Grace * 3).Again(balance: 1);

        Assert.Equal((LeaseState.Paused, ours, GraceClock.Untouched), (story["a"].State, story["a"].Breaker.Reason, story["a"].Grace));
    }

    [Fact]
    public void Once_we_are_no_longer_in_the_way_an_account_that_cannot_carry_it_spends_its_grace_from_then_on()
    {
        var story = Running();
        story.Take(AccountMachine.MoveBreaker(story.Book, LeaseId.Parse("a"), BreakerMove.Plain(BreakerState.Open, Reason.ChainUnreachable), Given.Now));
        story.Outlook = new SettlementOutlook([], IsStalled: true);
        story.Report("a", Execution.Pause).Settle(balance: 1).Pass(Grace * 3).Again(balance: 1);
        Assert.Equal((Reason.ChainUnreachable, GraceMode.Idle), (story["a"].Reason, story["a"].Grace.Mode));

        story.Outlook = SettlementOutlook.Clear;
        story.Again(balance: 1);
        Assert.Equal((LeaseState.Paused, Reason.RunwayLow, GraceMode.Spending), (story["a"].State, story["a"].Reason, story["a"].Grace.Mode));
        story.Pass(Grace * 3).Again(balance: 1);
        Assert.Equal(Execution.Terminate, story.Directives[^1].Execution);
    }

    [Fact]
    public void What_an_operator_holds_by_hand_spends_nothing()
    {
        var story = Paused();
        story.Take(AccountMachine.Isolate(story.Book, LeaseId.Parse("a"), "a look at the node", Given.Now));

        story.Pass(Grace * 3).Again(balance: 1);

        Assert.Equal((LeaseState.Paused, BreakerState.Isolated), (story["a"].State, story["a"].Breaker.State));
        Assert.True(story["a"].Grace.Spent < TimeSpan.FromMinutes(1));
    }

    [Fact]
    [Incident("1.1.2")]
    public void Nothing_is_terminated_before_its_grace_is_spent_and_all_that_spends_it_ends_in_bounded_time()
    {
        var acts = Gen.Select(Gen.Int[0, 3], Gen.Int[1, 6 * 24 * 3600]);
        acts.Array[1, 40].Sample(plan =>
        {
            var story = Paused();
            var (spent, running) = (TimeSpan.Zero, false);
            foreach (var (act, seconds) in plan)
            {
                var time = TimeSpan.FromSeconds(seconds);
                var wants = act >= 2;
                spent = running ? Max(spent - time, TimeSpan.Zero) : spent + time;
                story.Pass(time).Again(running ? Story.Rich : 1);
                if (!story.Book.Leases.ContainsKey(LeaseId.Parse("a")) || story["a"].State == LeaseState.Closing)
                {
                    // Each look is a block of a second that the model does not count.
                    Assert.True(spent + TimeSpan.FromMinutes(10) >= Grace, $"terminated with {spent} spent");
                    return;
                }

                Assert.True(spent < Grace + TimeSpan.FromMinutes(10), $"not terminated with {spent} spent");
                if (wants && !running)
                    story.Again(Story.Rich).Settle().Report("a", Execution.Run);
                else if (!wants && running)
                    story.Again(balance: 10).Report("a", Execution.Pause).Settle(balance: 1);
                running = wants;
            }
        }, iter: 300);
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static Story Running() => new Story().Open(Given.Lease("a", 10)).Settle().Report("a", Execution.Run);

    private static Story Paused()
    {
        var story = Running().Again(balance: 10).Report("a", Execution.Pause).Settle(balance: 1);
        Assert.Equal((LeaseState.Paused, GraceMode.Spending), (story["a"].State, story["a"].Grace.Mode));
        return story;
    }
}

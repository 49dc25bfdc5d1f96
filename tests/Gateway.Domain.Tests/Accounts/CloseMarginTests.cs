using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>What paused leases still cost is closed before the account is critical, and comes back when it can be carried.</summary>
public sealed class CloseMarginTests
{
    // Large enough for deposits to be the rates' own: the chain rounds them to multiples of 2^32.
    private const long Storage = 1_000_000_000;
    private const long Price = 10 * Storage;

    [Fact]
    public void What_a_paused_lease_still_costs_is_closed_at_the_margin_and_not_before()
    {
        var story = Paused(pausedRate: Storage);

        story.Again(balance: 301 * Storage);
        Assert.Equal(Storage, (long)story.FlowTo(Given.Node).Desired.WeiPerSecond);

        story.Again(balance: 299 * Storage);
        Assert.Equal((FlowRate.Zero, true, LeaseState.Paused, Reason.RunwayLow), (story.FlowTo(Given.Node).Desired, story["a"].IsCutOff, story["a"].State, story["a"].Reason));
        Assert.Equal(Urgency.StopLoss, story.Marks[^1].Urgency);
    }

    [Fact]
    public void What_is_not_paid_any_more_is_not_metered_either()
    {
        var story = Paused(pausedRate: Storage).Again(balance: 299 * Storage);

        Assert.Equal((MeterPhase.Paused, FlowRate.Zero), (story["a"].Meter.Phase, story["a"].Meter.Price.Of(MeterPhase.Paused)));
    }

    [Theory]
    [InlineData(Protection.Node, Price)]
    [InlineData(Protection.Customer, 0L)]
    public void A_flow_under_a_vm_whose_pause_is_not_answered_is_closed_only_for_the_customers_protection(Protection protect, long desired)
    {
        var story = new Story { Policy = AccountPolicy.Default with { Protect = protect } }.Open(Given.Lease("a", Price)).Settle().Report("a", Execution.Run);
        story.Again(balance: 899 * Price);
        Assert.Equal((LeaseState.Paused, true), (story["a"].State, story["a"].MayRun));

        story.Again(balance: 299 * Price);

        Assert.Equal((desired, LeaseState.Paused), ((long)story.FlowTo(Given.Node).Desired.WeiPerSecond, story["a"].State));
    }

    [Fact]
    public void Only_as_many_are_closed_as_the_rest_needs_the_lowest_priority_first()
    {
        var story = new Story();
        story.Open(Given.Lease("high", Price, priority: 1, pausedRate: Storage)).Open(Given.Lease("low", Price, pausedRate: Storage)).Settle();
        story.Report("high", Execution.Run).Report("low", Execution.Run).Again(balance: Price);
        // The buffer of the one would carry the other for hours; that it is spent too takes another look.
        story.Report("low", Execution.Pause).Settle(balance: Price).Report("high", Execution.Pause).Settle(balance: 2_000 * Storage);

        story.Again(balance: 2 * 299 * Storage);

        Assert.Equal((false, true), (story["high"].IsCutOff, story["low"].IsCutOff));
        story.Settle(balance: (2 * 299 * Storage) + (14_400 * Storage));
        Assert.Equal((false, true), (story["high"].IsCutOff, story["low"].IsCutOff));
    }

    [Fact]
    public void A_small_top_up_pays_the_storage_again_and_a_large_one_resumes()
    {
        var story = Paused(pausedRate: Storage).Again(balance: 299 * Storage).Settle(balance: 14_000 * Storage);
        Assert.True(story["a"].IsCutOff);

        // The buffer of the storage's flow, 20 min of it, and no more: the price itself cannot be carried.
        story.Again(balance: (14_400 * Storage) + (1_201 * Storage) + (1L << 32));
        Assert.Equal((false, LeaseState.Paused, Storage), (story["a"].IsCutOff, story["a"].State, (long)story.FlowTo(Given.Node).Desired.WeiPerSecond));

        story.Settle().Settle();
        Assert.Equal((LeaseState.Active, Execution.Run), (story["a"].State, story["a"].Execution));
    }

    [Fact]
    public void A_top_up_makes_a_closed_flow_again_at_its_full_price()
    {
        var story = Paused(pausedRate: Storage).Again(balance: 299 * Storage).Settle(balance: 1_000 * Storage);

        story.Again(Story.Rich);
        Assert.Equal((BreakerState.HalfOpen, false, Price), (story["a"].Breaker.State, story["a"].IsCutOff, (long)story.FlowTo(Given.Node).Desired.WeiPerSecond));
        Assert.Equal(Urgency.Open, story.Marks[^1].Urgency);
        story.Settle();
        Assert.Equal(LeaseState.Active, story["a"].State);
    }

    [Fact]
    public void The_account_is_looked_at_when_the_margin_begins()
    {
        var story = Paused(pausedRate: Storage).Again(balance: 330 * Storage);
        var at = story.Book.Account.Health!.At.ToDateTimeOffset();

        Assert.Equal(at.AddSeconds(31), AccountDeadline.Next(story.Book, story.Policy, TimeSpan.FromMinutes(1), at));
    }

    private static Story Paused(long pausedRate)
    {
        var story = new Story().Open(Given.Lease("a", Price, pausedRate: pausedRate)).Settle().Report("a", Execution.Run).Again(balance: Price);
        Assert.Equal(Reason.RunwayLow, story["a"].Reason);
        return story.Report("a", Execution.Pause).Settle(balance: 10_000 * Storage);
    }
}

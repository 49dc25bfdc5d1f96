using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>A payer is told in time, once, and again when he has mended it.</summary>
public sealed class WarningTests
{
    private const long Hour = 3600 * Price;
    private const long Price = 10;

    [Fact]
    [Incident("1.4.5")]
    public void Each_threshold_is_told_once_on_the_way_down()
    {
        var story = Running();
        foreach (var hours in new[] { 25, 24, 23, 22, 7, 6, 5, 4, 2, 1 })
            story.Again(balance: (hours * Hour) - (2 * Price));

        Assert.Equal([(WarningKind.RunwayLow, 24), (WarningKind.RunwayLow, 6), (WarningKind.RunwayLow, 1)], Told(story));
    }

    [Fact]
    public void What_falls_through_several_at_once_is_told_for_the_lowest()
    {
        Assert.Equal([(WarningKind.RunwayLow, 1)], Told(Running().Again(balance: Hour / 2)));
    }

    [Fact]
    [Incident("1.7.5")]
    public void A_recovery_is_told_and_the_next_fall_is_told_again()
    {
        var story = Running().Again(balance: 5 * Hour).Again(balance: 20 * Hour).Again(balance: 5 * Hour).Again(balance: 100 * Hour);

        Assert.Equal([(WarningKind.RunwayLow, 6), (WarningKind.Recovered, 6), (WarningKind.RunwayLow, 6), (WarningKind.Recovered, 6)], Told(story));
        Assert.Equal(AccountWarnings.None, story.Book.Account.Warnings);
    }

    [Fact]
    public void Between_two_thresholds_the_higher_one_stays()
    {
        var story = Running().Again(balance: 5 * Hour).Again(balance: 20 * Hour);

        Assert.Equal(TimeSpan.FromHours(24), story.Book.Account.Warnings.Threshold);
    }

    [Fact]
    public void A_runway_that_wavers_around_a_threshold_is_told_once()
    {
        var story = Running();
        for (var i = 0; i < 20; i++)
            story.Again(balance: (6 * Hour) + ((i % 2 == 0 ? -1 : 1) * Hour / 4));

        Assert.Equal([(WarningKind.RunwayLow, 6)], Told(story));
    }

    [Fact]
    public void A_runway_that_is_long_because_everything_is_paused_mends_nothing()
    {
        var story = Running().Again(balance: 60);
        Assert.Equal(LeaseState.Paused, story["a"].State);
        story.Report("a", Execution.Pause).Settle(balance: 60).Again(balance: 60);
        Assert.Equal([(WarningKind.RunwayLow, 1)], Told(story));

        story.Again(Story.Rich).Settle();

        Assert.Equal([(WarningKind.RunwayLow, 1), (WarningKind.Recovered, 1)], Told(story));
    }

    [Fact]
    public void Nobody_is_told_after_the_last_lease_and_nothing_is_kept()
    {
        var story = Running().Again(balance: 5 * Hour).Close("a").Settle(balance: 5 * Hour);

        Assert.Equal([(WarningKind.RunwayLow, 6)], Told(story));
        Assert.Equal(AccountWarnings.None, story.Book.Account.Warnings);
    }

    [Fact]
    public void No_sequence_of_balances_tells_the_same_twice_in_a_row()
    {
        Gen.Long[1, 60 * Hour].Array[1, 60].Sample(balances =>
        {
            var story = Running();
            foreach (var balance in balances)
                story.Again(balance + (1000 * Price)); // Above the pause margin: nothing else moves.
            var low = new Stack<TimeSpan>();
            foreach (var warning in story.Warnings)
            {
                if (warning.Kind == WarningKind.RunwayLow)
                {
                    Assert.True(low.Count == 0 || warning.Threshold < low.Peek(), "told twice");
                    low.Push(warning.Threshold!.Value);
                }
                else
                {
                    Assert.Equal(low.Peek(), warning.Threshold);
                    low.Clear();
                    if (story.Policy.Warnings.FirstOrDefault(t => t > warning.Threshold && warning.Runway.ToTimeSpan() < t * 1.1) is { Ticks: > 0 } still)
                        low.Push(story.Policy.Warnings.Where(t => t > warning.Threshold && warning.Runway.ToTimeSpan() < t * 1.1).Min());
                }
            }
        }, iter: 500);
    }

    [Fact]
    public void The_account_is_looked_at_when_the_next_threshold_is_crossed()
    {
        var story = Running().Again(balance: (24 * Hour) + (30 * Price));
        var at = story.Book.Account.Health!.At.ToDateTimeOffset();

        // 24 h and 30 s: critical one second later, below a day another 31 s from now.
        Assert.Equal(at.AddSeconds(32), AccountDeadline.Next(story.Book, story.Policy, TimeSpan.FromMinutes(1), at));
    }

    [Fact]
    public void An_allowance_that_would_not_bear_a_pause_and_a_resumption_is_told_before_it_is_needed()
    {
        var story = Running();
        story.Grant = Given.FullGrant with { Allowance = FlowRate.FromWeiPerSecond(Price) };
        Assert.Empty(story.Again(Story.Rich).Warnings);

        story.Grant = Given.FullGrant with { Allowance = FlowRate.FromWeiPerSecond(Price - 1) };
        var warning = Assert.Single(story.Again(Story.Rich).Again(Story.Rich).Warnings);
        Assert.Equal((WarningKind.AllowanceLow, Price), (warning.Kind, (long)warning.AllowanceNeeded.WeiPerSecond));
        Assert.Equal(LeaseState.Active, story["a"].State);

        story.Grant = Given.FullGrant;
        Assert.Equal(WarningKind.AllowanceRestored, story.Again(Story.Rich).Warnings[^1].Kind);
        Assert.Equal(2, story.Warnings.Count);
    }

    private static Story Running() => new Story().Open(Given.Lease("a", Price)).Settle().Report("a", Execution.Run);

    private static IEnumerable<(WarningKind Kind, int Hours)> Told(Story story) => story.Warnings.Select(w => (w.Kind, (int)w.Threshold!.Value.TotalHours));
}

using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>VMs that start and stop by themselves: the chain is touched rarely, and never far from what is used.</summary>
public sealed class SteeringTests
{
    private const long Rate = 1000;
    private const ulong Latency = 2;

    /// <summary>Seconds of runs and gaps, and the milliseconds into the second of each.</summary>
    private static readonly Gen<(int Run, int Gap, int Millisecond)[]> Bursts =
        Gen.Select(Gen.OneOf(Gen.Int[1, 8], Gen.Int[1, 120]), Gen.OneOf(Gen.Int[1, 12], Gen.Int[1, 200]), Gen.Int[0, 999]).Array[20, 60];

    [Fact]
    public void Bursts_cost_few_changes_and_stay_within_the_tolerance() => Bursts.Sample(bursts =>
    {
        var story = Started();
        var (most, least) = (0L, 0L);
        foreach (var (run, gap, millisecond) in bursts)
        {
            story.Report("a", Execution.Run, millisecond);
            Watch(run);
            story.Report("a", Execution.Pause, millisecond);
            Watch(gap);
        }

        // What is decided at the border of the tolerance is on chain a little later, and decisions count whole seconds.
        const long Late = ((long)Latency + 3) * Rate * 1000;
        Assert.InRange(most, 0, (2 * 30 * Rate * 1000) + Late);
        Assert.InRange(least, (-30 * Rate * 1000) - Late, 0);
        Assert.All(story.Directives, d => Assert.Equal(Execution.Run, d.Execution));
        Assert.Equal(story.Streamed - story.Used, story.Told);

        void Watch(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                story.Pass(1);
                var drift = (long)story.DriftOf(Given.Node).Amount.Value;
                (most, least) = (Math.Max(most, drift), Math.Min(least, drift));
            }
        }
    });

    [Fact]
    public void Short_bursts_are_not_worth_a_change_each()
    {
        var story = Started();
        for (var i = 0; i < 200; i++)
        {
            story.Report("a", Execution.Run, i % 1000);
            story.Pass(3);
            story.Report("a", Execution.Pause, i % 1000);
            story.Pass(7);
        }

        Assert.InRange(story.Changes, 2, 20); // Of 400 starts and stops, the opening among them.
    }

    [Fact]
    public void A_vm_that_rests_long_costs_next_to_nothing_and_is_paid_again_once_it_works()
    {
        var story = Rested();

        story.Report("a", Execution.Run);
        story.Pass(1200);
        Assert.InRange((long)story.OnChain(Given.Node).WeiPerSecond, Rate * 9 / 10, Rate * 12 / 10);
        Assert.Equal(Execution.Run, story["a"]!.Execution);
    }

    [Fact]
    public void What_is_left_when_a_vm_no_longer_rests_is_trimmed_though_nothing_happens_any_more()
    {
        var story = new DriftStory(Latency);
        story.Open(Given.Lease("a", 1655));
        story.Pass(4);
        story.Report("a", Execution.Pause, 372);
        story.Pass(30);
        story.Resize("a", 854);
        story.Pass(8);
        story.Report("a", Execution.Run);
        story.Pass(200);
        Assert.True(story.DriftOf(Given.Node).Amount.Value < -30 * 854 * 1000);

        story.Pass(500);

        Assert.InRange(story.DriftOf(Given.Node).Amount.Value, -854 * 1000, 854 * 1000);
        Assert.Equal(Given.Rate(854), story.OnChain(Given.Node));
    }

    [Fact]
    public void What_a_burst_still_owes_when_its_lease_ends_is_paid()
    {
        var story = Started();
        story.Report("a", Execution.Run);
        story.Pass(10);
        story.Report("a", Execution.Pause);
        story.Pass(1000);
        story.Report("a", Execution.Run);
        story.Pass(85);
        Assert.True(story.DriftOf(Given.Node).Amount < MilliWei.Zero);

        story.Close("a");
        story.Pass(60);
        Assert.Null(story["a"]);
        Assert.InRange((long)story.Book.Account.Carried.Total.Value, -2 * Rate * 1000, 2 * Rate * 1000);
    }

    /// <summary>A flow that we keep low can be raised no more: what its VMs use then nobody pays, and that is borne for so long only.</summary>
    [Theory]
    [InlineData("revoked", Reason.PermissionRevoked)]
    [InlineData("used up", Reason.AllowanceExhausted)]
    [InlineData("stalled", Reason.SettlementStalled)]
    public void A_vm_whose_low_flow_cannot_be_raised_is_paused_when_too_much_is_owed_and_runs_again_when_it_can(string why, Reason reason)
    {
        var story = Rested();
        story.IsStalled = why == "stalled";
        story.Grant = why switch
        {
            "revoked" => OperatorGrant.None,
            "used up" => Given.FullGrant with { Allowance = Given.Rate(7) },
            _ => story.Grant,
        };
        story.Look();

        story.Report("a", Execution.Run);
        var owed = 0L;
        for (var i = 0; i < 600 && story["a"]!.Execution == Execution.Run; i++)
        {
            story.Pass(1);
            owed = Math.Max(owed, -(long)story.DriftOf(Given.Node).Amount.Value);
        }

        var pause = story.Directives[^1];
        Assert.Equal((Execution.Pause, reason), (pause.Execution, pause.Reason));
        var borne = (long)(story.Policy.DriftTolerance + story.Policy.SettlementPatience).TotalSeconds;
        Assert.InRange(owed, borne * Rate * 1000, (borne + 3) * Rate * 1000);

        story.Report("a", Execution.Pause);
        (story.IsStalled, story.Grant) = (false, Given.FullGrant);
        story.Look();
        story.Pass(20);
        Assert.Equal((LeaseState.Active, Execution.Run), (story["a"]!.State, story["a"]!.Execution));
        story.Report("a", Execution.Run);
        story.Pass(2_000);
        Assert.InRange((long)story.DriftOf(Given.Node).Amount.Value, -30 * Rate * 1000, 60 * Rate * 1000);
    }

    /// <summary>Gas is dear: what a steered flow owes beyond the tolerance is no correction that may wait for it.</summary>
    [Fact]
    public void A_flow_that_owes_too_much_is_raised_like_any_other()
    {
        var story = Rested();
        story.Marks.Clear();

        story.Report("a", Execution.Run);
        story.Pass(100);

        Assert.Equal(Urgency.Raise, story.Marks[0].Urgency);
    }

    /// <summary>It has worked, and has stood for so long that its flow is next to nothing.</summary>
    private static DriftStory Rested()
    {
        var story = Started();
        story.Report("a", Execution.Run);
        story.Pass(60);
        story.Report("a", Execution.Pause);
        story.Pass(1000);
        Assert.InRange((long)story.OnChain(Given.Node).WeiPerSecond, 1, Rate / 20);
        return story;
    }

    private static DriftStory Started()
    {
        var story = new DriftStory(Latency);
        story.Open(Given.Lease("a", Rate));
        story.Pass(3);
        return story;
    }
}

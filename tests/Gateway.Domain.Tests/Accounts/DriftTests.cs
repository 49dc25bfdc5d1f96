using System.Numerics;
using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>What is streamed comes back to what is used, and no VM is disturbed by it.</summary>
public sealed class DriftTests
{
    private const ulong Latency = 2;

    /// <summary>Which of three VMs, what is done to it, the milliseconds into the second, and the seconds until the next event.</summary>
    private static readonly Gen<(int Vm, int Act, int Millisecond, int Wait)[]> Schedules = SchedulesOf(40);

    private static Gen<(int Vm, int Act, int Millisecond, int Wait)[]> SchedulesOf(int most) =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 5], Gen.Int[0, 999], Gen.OneOf(Gen.Int[0, 6], Gen.Int[5, 90])).Array[1, most];

    [Fact]
    public void Nothing_is_lost_between_what_is_streamed_and_what_is_used() => Schedules.Sample(schedule =>
    {
        var story = new DriftStory(Latency);
        Play(story, schedule, () => Assert.Equal(story.Streamed - story.Used, story.Told));
        End(story);

        Assert.Empty(story.Book.Account.Flows);
        Assert.Equal(story.Streamed - story.Used, story.Book.Account.Carried.Total.Value);
        Assert.All(story.Directives, d => Assert.Equal(Execution.Run, d.Execution));
    });

    /// <summary>However long it took, and whatever was done: VMs that then run on are paid what they use, and nothing more is sent for it.</summary>
    [Fact]
    public void Whatever_was_done_the_drift_of_vms_that_run_on_is_soon_within_the_tolerance_and_stays_there() =>
        Gen.Select(SchedulesOf(12), Gen.OneOf(Gen.Const(1), Gen.Const(3), Gen.Const(30))).Sample((schedule, tolerance) =>
        {
            var story = new DriftStory(Latency) { Policy = AccountPolicy.Default with { InclusionSeconds = Latency, DriftTolerance = TimeSpan.FromSeconds(tolerance) } };
            Play(story, schedule, static () => { });
            story.Pass(5);
            foreach (var lease in story.Book.Leases.Values.ToList())
                story.Report(lease.Id.Value, Execution.Run);
            // As long as a VM that once rested is steered; then a trim of a tenth to a fifth of a flow brings back what it is off.
            story.Pass((int)Latency + (12 * tolerance));
            var off = story.Book.Account.Flows.Values.Select(f => (int)(story.DriftOf(f.Payee).Amount.Magnitude.Value / MilliWei.Of(story.LegsOf(f.Payee), 1000).Value)).Append(0).Max();
            story.Pass((12 * off) + (30 * tolerance));

            var changes = story.Changes;
            for (var second = 0; second < 60; second++)
            {
                story.Pass(1);
                Assert.All(story.Book.Account.Flows.Values, f => Assert.True(
                    story.DriftOf(f.Payee).Amount.Magnitude <= MilliWei.Of(story.LegsOf(f.Payee), tolerance * 1000), $"{story.DriftOf(f.Payee)} of {story.LegsOf(f.Payee)}"));
            }

            Assert.Equal(changes, story.Changes);
        });

    [Fact]
    public void What_is_owed_when_the_last_lease_ends_flows_on_to_the_second()
    {
        var story = new DriftStory(latency: 2);
        story.Open(Given.Lease("a", 1000));
        story.Pass(3);
        story.Report("a", Execution.Run);
        story.Resize("a", 3000);
        story.Pass(2); // Two seconds at 3000, paid at 1000; two were paid before it ran.
        story.Resize("a", 3000);
        story.Pass(3);
        Assert.Equal(-3000 * 1000, story.DriftOf(Given.Node).Amount.Value);

        story.Close("a");
        story.Pass(1);
        Assert.Equal(LeaseState.Closing, story["a"]!.State); // Not ended yet.
        story.Pass(3);
        Assert.Null(story["a"]);
        Assert.InRange(story.Book.Account.Carried.Total.Value, 0, 3000 * 1000);
        Assert.Equal(3, story.Changes);
    }

    /// <summary>Changes are told late, and paid later: something is owed, or was paid ahead, when the VM stops.</summary>
    [Fact]
    public void Less_than_a_second_is_owed_after_the_last_close_and_no_more_was_paid_ahead_than_it_took() =>
        Gen.Select(Gen.Int[100, 5_000], Gen.Select(Gen.Int[100, 5_000], Gen.Int[0, 9_999], Gen.Int[10, 40]).Array[1, 4]).Sample((rate, resizes) =>
        {
            var story = Started(rate, secondsAhead: 10);
            foreach (var (next, late, wait) in resizes)
            {
                story.Resize("a", next, story.Now.AddMilliseconds(-late));
                story.Pass(wait);
            }

            var (ahead, second) = (story.DriftOf(Given.Node).Amount.Value, MilliWei.Of(story.OnChain(Given.Node), 1000).Value);
            story.Close("a");
            story.Pass(60);

            Assert.Empty(story.Book.Account.Flows);
            var isOwedTooMuch = ahead < -25 * second;
            Assert.InRange(story.Book.Account.Carried.Total.Value, isOwedTooMuch ? ahead : -second, BigInteger.Max(ahead, 0) + (((int)Latency + 1) * second));
        });

    [Fact]
    public void Drift_past_the_tolerance_is_trimmed_alone_and_the_trim_ends_when_it_is_gone()
    {
        var story = Started(rate: 1000, secondsAhead: 40);
        story.Pass(1);
        story.Look();
        Assert.Equal((Urgency.Trim, 866L), (story.Marks[^1].Urgency, (long)story.Marks[^1].Desired.WeiPerSecond));

        story.Pass(400);

        Assert.Equal(Given.Rate(1000), story.OnChain(Given.Node));
        Assert.InRange(story.DriftOf(Given.Node).Amount.Value, -1000 * 1000, 1000 * 1000);
        Assert.Equal(3, story.Changes);
        Assert.All(story.Directives, d => Assert.Equal(Execution.Run, d.Execution));
        Assert.Equal(LeaseState.Active, story["a"]!.State); // It is there.
    }

    [Fact]
    public void A_trim_that_was_made_for_little_is_made_anew_where_much_more_is_left()
    {
        var story = Started(rate: 1000, secondsAhead: 40);
        story.Pass(3);
        Assert.Equal(866, story.OnChain(Given.Node).WeiPerSecond);
        story.Open(Given.Lease("b", 100));
        story.Pass(600);
        story.Resize("b", 9000);
        story.Pass(300);
        story.Report("b", Execution.Run);
        var ahead = story.DriftOf(Given.Node).Amount;

        story.Pass(3 + (12 * 300));

        Assert.True(ahead > MilliWei.Of(Given.Rate(10_000), 200_000));
        Assert.InRange(story.DriftOf(Given.Node).Amount.Value, -10_000 * 1000, 10_000 * 1000);
        Assert.Equal(Given.Rate(10_000), story.OnChain(Given.Node));
    }

    [Fact]
    public void Within_the_tolerance_nothing_is_sent_and_a_change_that_comes_anyway_takes_the_correction_along()
    {
        var story = Started(rate: 1000, secondsAhead: 25);
        story.Pass(120);
        Assert.Equal(1, story.Changes);

        story.Resize("a", 1500);

        // 25 s at 1000 are 17 at 1500: more than half the tolerance.
        Assert.True(story.Marks[^1].Desired < Given.Rate(1500));
        Assert.Equal(Urgency.Raise, story.Marks[^1].Urgency);
        story.Pass(600);
        Assert.Equal(Given.Rate(1500), story.OnChain(Given.Node));
        Assert.InRange(story.DriftOf(Given.Node).Amount.Value, -1500 * 1000, 1500 * 1000);
        Assert.Equal(3, story.Changes);
    }

    [Fact]
    public void An_allowance_that_is_nearly_used_up_is_not_spent_on_trims()
    {
        var story = Started(rate: 1000, secondsAhead: 40, Given.FullGrant with { Allowance = Given.Rate(1100) });

        story.Pass(200);

        Assert.Equal(1, story.Changes);
    }

    [Fact]
    public void A_flow_that_its_payer_lowers_while_it_is_trimmed_is_a_disruption_all_the_same()
    {
        var story = Started(rate: 1000, secondsAhead: 40);
        story.Pass(10);
        var trimmed = story.OnChain(Given.Node);
        Assert.True(trimmed < Given.Rate(1000));

        var flow = story.Book.Account.Flows[Given.Node];
        Assert.Empty(Uncovered(story.Book, flow));
        Assert.NotEmpty(Uncovered(story.Book, flow with { Observed = flow.Observed with { Rate = trimmed - Given.Rate(1) } }));
    }

    [Fact]
    public void Nothing_is_kept_flowing_for_a_payer_whose_money_runs_out()
    {
        var story = Started(rate: 1000, secondsAhead: 0);
        story.Resize("a", 3000);
        story.Pass(3);
        story.Balance = 3000 * 900;
        story.Look();

        story.Close("a");

        Assert.Equal(FlowRate.Zero, story.Marks[^1].Desired);
    }

    private static IEnumerable<LeaseVerdict> Uncovered(AccountBook book, Flow flow)
    {
        var changed = book with { Account = book.Account with { Flows = book.Account.Flows.SetItem(flow.Payee, flow) } };
        return AccountMachine.Assess(changed, Given.Look(100, Story.Rich, (Given.Node, (long)flow.Observed.Rate.WeiPerSecond)), [], AccountPolicy.Default)
            .Where(v => v.Health == LeaseHealth.Bad);
    }

    /// <summary>A VM that was paid so long before it began to run.</summary>
    private static DriftStory Started(long rate, int secondsAhead, OperatorGrant? grant = null)
    {
        var story = new DriftStory(Latency) { Grant = grant ?? Given.FullGrant };
        story.Open(Given.Lease("a", rate));
        story.Pass((int)Latency + secondsAhead);
        story.Report("a", Execution.Run);
        return story;
    }

    private static void Play(DriftStory story, (int Vm, int Act, int Millisecond, int Wait)[] schedule, Action check)
    {
        foreach (var (vm, act, millisecond, wait) in schedule)
        {
            var id = "vm" + vm.ToString(System.Globalization.CultureInfo.InvariantCulture);
            Act(story, id, act, millisecond);
            story.Pass(wait);
            check();
        }
    }

    private static void Act(DriftStory story, string id, int act, int millisecond)
    {
        if (story[id] is not { } lease)
            story.Open(Given.Lease(id, 1000 + millisecond));
        else if (lease.State is LeaseState.Closing or LeaseState.Opening)
            return;
        else if (act == 0)
            story.Close(id);
        else if (act == 1)
            story.Resize(id, 500 + millisecond);
        else if (act == 2)
            story.Report(id, Execution.Pause, millisecond);
        else
            story.Report(id, Execution.Run, millisecond);
    }

    private static void End(DriftStory story)
    {
        story.Pass(5);
        foreach (var lease in story.Book.Leases.Values.Where(l => l.State != LeaseState.Closing))
            story.Close(lease.Id.Value);
        story.Pass(60);
    }
}

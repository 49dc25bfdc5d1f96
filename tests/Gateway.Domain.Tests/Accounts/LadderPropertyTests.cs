using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>What holds for every account and every set of leases on the way down, and on the way up again.</summary>
public sealed class LadderPropertyTests
{
    // Large enough for deposits to be the rates' own: the chain rounds them to multiples of 2^32.
    private const long Unit = 1_000_000_000;

    private static readonly Gen<(int Rate, int Priority, int Paused)[]> SomeLeases =
        Gen.Select(Gen.Int[1, 40], Gen.Int[-2, 2], Gen.Int[0, 3]).Array[1, 6];

    private static readonly Gen<long> SomeBalance = Gen.OneOf(Gen.Long[1, 3_000], Gen.Long[1, 200_000], Gen.Long[1, 4_000_000]);

    [Fact]
    [Incident("1.4.6")]
    public void Only_as_many_are_paused_as_needed_and_in_order()
    {
        Gen.Select(SomeLeases, SomeBalance).Sample((leases, balance) =>
        {
            var story = Running(leases).Again(balance * Unit);
            var order = PauseOrderOf(story);
            var paused = order.TakeWhile(l => l.State == LeaseState.Paused).ToList();

            Assert.Equal(order.Count(l => l.State == LeaseState.Paused), paused.Count);
            Assert.True(paused.Count == order.Count || RunwayWithout(story, paused, balance) > 900, "too few were paused");
            Assert.True(paused.Count == 0 || RunwayWithout(story, paused.SkipLast(1), balance) <= 900, "one more than needed was paused");
        }, iter: 2_000);
    }

    [Fact]
    public void They_are_resumed_in_reverse()
    {
        Gen.Select(SomeLeases, SomeBalance.Array[1, 8]).Sample((leases, balances) =>
        {
            var story = Running(leases);
            PauseAll(story);
            foreach (var balance in balances)
            {
                story.Settle(balance * Unit);
                var running = Enumerable.Reverse(PauseOrderOf(story)).Select(l => l.Breaker.State == BreakerState.Open).ToList();
                // Whatever runs or is probed comes before whatever is paused.
                Assert.Equal(running.Order(), running);
            }
        }, iter: 500);
    }

    [Fact]
    public void An_account_that_stands_still_is_told_and_changed_once()
    {
        Gen.Select(SomeLeases, SomeBalance, Gen.Bool).Sample((leases, balance, allPaused) =>
        {
            var story = Running(leases);
            if (allPaused)
                PauseAll(story);
            // Each look may take one step down or up; when none is left, nothing moves to and fro.
            for (var i = 0; i < 16; i++)
                Answer(story).Settle(balance * Unit);
            var (directives, warnings, marks) = (story.Directives.Count, story.Warnings.Count, story.Marks.Count);
            for (var i = 0; i < 10; i++)
                Answer(story).Settle(balance * Unit);

            Assert.Equal((directives, warnings, marks), (story.Directives.Count, story.Warnings.Count, story.Marks.Count));
        }, iter: 500);
    }

    [Fact]
    public void Nothing_that_may_still_run_is_cut_off_for_the_nodes_protection_and_nothing_that_is_active_ever()
    {
        Gen.Select(SomeLeases, SomeBalance.Array[1, 10], Gen.Bool).Sample((leases, balances, answers) =>
        {
            var story = Running(leases);
            foreach (var balance in balances)
            {
                if (answers)
                    Answer(story);
                story.Settle(balance * Unit);
                Assert.All(story.Book.Leases.Values, l => Assert.False(l.IsCutOff && (l.State != LeaseState.Paused || l.MayRun)));
            }
        }, iter: 500);
    }

    private static Story Running((int Rate, int Priority, int Paused)[] leases)
    {
        var story = new Story();
        for (var i = 0; i < leases.Length; i++)
            story.Open(Given.Lease($"l{i}", leases[i].Rate * 10 * Unit, leases[i].Priority, i, pausedRate: leases[i].Paused * Unit));
        story.Settle();
        foreach (var lease in story.Book.Leases.Keys)
            story.Report(lease.Value, Execution.Run);
        return story;
    }

    private static void PauseAll(Story story)
    {
        while (story.Book.Leases.Values.Any(l => l.State != LeaseState.Paused))
            Answer(story.Settle(balance: 1));
        story.Settle(balance: 1);
    }

    /// <summary>The scheduler does what it is told.</summary>
    private static Story Answer(Story story)
    {
        foreach (var lease in story.Book.Leases.Values.Where(l => l.Execution == Execution.Pause && l.MayRun).ToList())
            story.Report(lease.Id.Value, Execution.Pause);
        return story;
    }

    /// <summary>Lowest priority first, then the youngest.</summary>
    private static List<Lease> PauseOrderOf(Story story) => [.. story.Book.Leases.Values.OrderBy(l => l.Priority).ThenByDescending(l => l.OpenedAt)];

    /// <summary>Seconds until the account is critical with these at their paused rates, by hand: the buffers they give back, over what is left.</summary>
    private static long RunwayWithout(Story story, IEnumerable<Lease> paused, long balance)
    {
        var all = story.Book.Leases.Values.Sum(l => (long)l.Rate.WeiPerSecond);
        var less = paused.Sum(l => (long)(l.Rate - l.PausedRate).WeiPerSecond);
        var (before, after) = (Deposit(all), Deposit(all - less));
        return all == less ? long.MaxValue : (((balance * Unit) + before - after) / (all - less)) + 1;
    }

    private static long Deposit(long rate) => (long)BufferDeposit.StoredFor(Given.Rate(rate), Given.Parameters).Wei;
}

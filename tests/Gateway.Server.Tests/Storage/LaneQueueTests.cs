using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class LaneQueueTests(StorageKind kind) : LaneTest(kind)
{
    [Fact]
    public async Task A_mark_makes_a_flow_due_with_what_was_asked_for()
    {
        await MarkAsync(1, 100, generation: 3, Urgency.Raise, "00-a");

        var due = Assert.Single(await DueAsync());

        var expected = new LaneFlow(Flow(1), Given.Rate(100), 3, Urgency.Raise, due.TraceParents, Given.Now, ObservedBlock: null, Fails: 0);
        Assert.Equal(expected, due);
        Assert.Equal(["00-a"], due.TraceParents.AsEnumerable());
    }

    [Fact]
    public async Task Only_a_newer_generation_changes_a_mark()
    {
        await MarkAsync(1, 100, generation: 9);
        await MarkAsync(1, 50, generation: 8);
        await MarkAsync(1, 60, generation: 9);
        Assert.Equal(Given.Rate(100), Assert.Single(await DueAsync()).Desired);

        Time.Advance(TimeSpan.FromSeconds(1));
        await MarkAsync(1, 200, generation: 10);

        var due = Assert.Single(await DueAsync());
        Assert.Equal((Given.Rate(200), 10UL, Given.Now), (due.Desired, due.Generation, due.MarkedAt));
    }

    [Fact]
    public async Task The_contexts_of_a_waiting_flow_are_bounded_and_distinct()
    {
        for (var i = 1; i <= LaneStore.ContextsKept + 4; i++)
            await MarkAsync(1, i, (ulong)i, trace: $"00-{i / 2}");

        var traces = Assert.Single(await DueAsync()).TraceParents;

        Assert.Equal(Enumerable.Range(0, 11).Select(i => $"00-{i}"), traces);
        for (var i = 100; i < 100 + LaneStore.ContextsKept; i++)
            await MarkAsync(1, i, (ulong)i, trace: $"00-{i}");
        Assert.Equal(Enumerable.Range(100, LaneStore.ContextsKept).Select(i => $"00-{i}"), Assert.Single(await DueAsync()).TraceParents);
    }

    [Fact]
    public async Task The_most_urgent_comes_first_and_then_the_oldest()
    {
        await MarkAsync(1, 1, 1, Urgency.Trim);
        Time.Advance(TimeSpan.FromSeconds(1));
        await MarkAsync(2, 1, 1, Urgency.Open);
        Assert.Equal([2, 1], await DueNumbersAsync());
        Time.Advance(TimeSpan.FromSeconds(1));
        await MarkAsync(3, 0, 1, Urgency.StopLoss);
        await MarkAsync(4, 1, 1, Urgency.Open);
        Assert.Equal([3, 2, 4, 1], await DueNumbersAsync());

        await MarkAsync(1, 0, 2, Urgency.StopLoss);

        Assert.Equal([1, 3, 2, 4], await DueNumbersAsync());
        Assert.Equal([1, 3], (await Lane.DueAsync(Time.GetUtcNow(), 2, Cancellation)).Select(NumberOf));
    }

    [Fact]
    public async Task A_backed_off_flow_waits_until_itsTime_or_a_new_mark()
    {
        await MarkAsync(1, 100, 1);
        await DueAsync();
        await Lane.BackOffAsync(Flow(1), 1, Given.Now.AddSeconds(5), "InsufficientBalance", Cancellation);
        Assert.Empty(await DueAsync());
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, Assert.Single(await DueAsync()).Fails);

        await Lane.BackOffAsync(Flow(1), 1, Given.Now.AddHours(1), "again", Cancellation);
        Assert.Empty(await DueAsync());
        await MarkAsync(1, 50, 2);

        Assert.Equal(0, Assert.Single(await DueAsync()).Fails);
        await Lane.BackOffAsync(Flow(1), 1, Given.Now.AddHours(1), "of an older generation", Cancellation);
        Assert.Single(await DueAsync());
    }

    [Fact]
    [Regression(22)]
    public async Task A_back_off_of_less_than_a_second_is_kept_to_the_millisecond()
    {
        await MarkAsync(1, 100, 1);
        await Lane.BackOffAsync(Flow(1), 1, Given.Now.AddMilliseconds(300), "a moment", Cancellation);
        Time.Advance(TimeSpan.FromMilliseconds(299));
        Assert.Empty(await DueAsync());

        Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Single(await DueAsync());
    }

    [Fact]
    public async Task A_flow_seen_as_wanted_is_no_longer_due()
    {
        await MarkAsync(1, 100, 1);
        await MarkAsync(2, 100, 1);
        await DueAsync();

        await ObserveAsync(1, 100, block: 7);
        await ObserveAsync(2, 99, block: 7);

        Assert.Equal(new BlockNumber(7), Assert.Single(await DueAsync()).ObservedBlock);
        Assert.Equal([2], await DueNumbersAsync());
    }

    [Fact]
    [Regression(29)]
    public async Task A_flow_that_somebody_else_changed_is_due_again()
    {
        await MarkAsync(1, 100, 1);
        await ObserveAsync(1, 100, block: 7);
        Assert.Empty(await DueAsync());

        await ObserveAsync(1, 40, block: 6);
        Assert.Empty(await DueAsync());
        await ObserveAsync(1, 40, block: 8);

        Assert.Equal([1], await DueNumbersAsync());
    }

    [Fact]
    public async Task Looking_does_not_end_a_back_off()
    {
        await MarkAsync(1, 100, 1);
        await Lane.BackOffAsync(Flow(1), 1, Given.Now.AddHours(1), "held", Cancellation);

        await ObserveAsync(1, 40, block: 8);

        Assert.Empty(await DueAsync());
    }

    [Fact]
    public async Task A_flow_that_the_lane_never_heard_of_leaves_no_trace()
    {
        await ObserveAsync(1, 40, block: 8);

        Assert.Empty(await KeysAsync());
    }

    [Fact]
    [Regression(21)]
    [Regression(45)]
    public async Task A_flow_that_is_gone_is_forgotten_after_a_day_unless_it_is_wanted_again()
    {
        await MarkAsync(1, 0, 1);
        await ObserveAsync(1, 0, block: 9);
        Assert.InRange(await Database.KeyTimeToLiveAsync(Keys.Flow(Flow(1))) ?? TimeSpan.Zero, TimeSpan.FromHours(23), TimeSpan.FromHours(24));

        await MarkAsync(1, 10, 2);

        Assert.Null(await Database.KeyTimeToLiveAsync(Keys.Flow(Flow(1))));
        Assert.Equal(new BlockNumber(9), Assert.Single(await DueAsync()).ObservedBlock);
    }
}

using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class CoalescingRuleTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(401, 1, false)] // After a quiet time.
    [InlineData(400, 1, true)] // Soon after another one.
    [InlineData(5000, 2, true)] // Several at once.
    public void Changes_are_a_burst_soon_after_others_or_where_they_are_of_several_accounts(int sinceMs, int accounts, bool isBurst) =>
        Assert.Equal(isBurst, Coalescing.IsBurst(Start, At(sinceMs), accounts));

    [Fact]
    public void A_change_that_comes_alone_is_ripe_at_once() => Assert.Equal(At(5), Coalescing.RipeAt(At(5), At(5), isBurst: false, Window));

    [Theory]
    [InlineData(1000, 1500, 1900)] // The burst is over.
    [InlineData(1000, 3700, 4000)] // Others come all the time: it has waited long enough.
    public void In_a_burst_a_change_is_ripe_when_it_is_over_or_after_the_window(int markedMs, int newestMs, int ripeMs) =>
        Assert.Equal(At(ripeMs), Coalescing.RipeAt(At(markedMs), At(newestMs), isBurst: true, Window));

    [Fact]
    public void Without_a_window_nothing_waits() => Assert.Equal(At(5), Coalescing.RipeAt(At(5), At(5), isBurst: true, TimeSpan.Zero));

    private static DateTimeOffset At(int milliseconds) => Start + TimeSpan.FromMilliseconds(milliseconds);
}

public abstract class CoalescingTests(StorageKind kind) : SettlementTest(kind)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task The_first_change_on_a_calm_lane_goes_at_once_and_the_burst_behind_it_as_one_change_of_each_flow()
    {
        var process = await WithOnePaidAsync();

        foreach (var rate in (long[])[2000, 3000, 4000])
        {
            await ResizeAsync("one", 1, rate);
            await process.StepAsync(Cancellation);
            Time.Advance(TimeSpan.FromMilliseconds(100));
            Chain.Mine();
        }

        Time.Advance(Coalescing.Quiet);
        await SettleAsync(process);

        Assert.Equal([800, 1600, 3200], HistoryOf(1, Node));
    }

    [Fact]
    public async Task A_burst_without_end_does_not_hold_a_change_beyond_the_window()
    {
        var process = await WithOnePaidAsync();
        await ResizeAsync("one", 1, 2000);
        await SettleAsync(process);

        for (var (rate, waited) = (3000L, TimeSpan.Zero); waited < Window; rate += 1000, waited += Coalescing.Quiet / 2)
        {
            await ResizeAsync("one", 1, rate);
            await process.StepAsync(Cancellation);
            Assert.Equal([800, 1600], HistoryOf(1, Node));
            Time.Advance(Coalescing.Quiet / 2);
        }

        await process.StepAsync(Cancellation);
        Chain.Mine();
        Assert.Equal(3, HistoryOf(1, Node).Count());
    }

    [Fact]
    public async Task What_is_urgent_does_not_wait_for_a_burst_to_end()
    {
        var process = await WithOnePaidAsync();
        await OpenAsync("two", 2, 1000);
        await SettleAsync(process);
        await ResizeAsync("one", 1, 2000);
        await CloseLeaseAsync("two", 2);

        await process.StepAsync(Cancellation);
        Chain.Mine();

        AssertPaid(2, 0, 0);
        AssertPaid(1, 800, 200);
    }

    [Fact]
    public async Task What_is_undone_while_it_waits_costs_no_transaction()
    {
        var process = await WithOnePaidAsync();
        await ResizeAsync("one", 1, 2000);
        await SettleAsync(process);
        await ResizeAsync("one", 1, 9000);
        await process.StepAsync(Cancellation);
        await ResizeAsync("one", 1, 2000);
        await process.StepAsync(Cancellation);
        Time.Advance(Coalescing.Quiet);

        await SettleAsync(process);

        Assert.Equal([800, 1600], HistoryOf(1, Node));
    }

    /// <summary>Lease "one" is paid, and the lane has been calm since.</summary>
    private async Task<LaneProcess> WithOnePaidAsync()
    {
        Settings.CoalescingWindow = Window;
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        Time.Advance(Window);
        return process;
    }
}

[Collection(Kinds.Redis)]
public sealed class Coalescing_on_redis(StandaloneRedis kind) : CoalescingTests(kind);

[Collection(Kinds.Garnet)]
public sealed class Coalescing_on_garnet(EmbeddedGarnetRedis kind) : CoalescingTests(kind);

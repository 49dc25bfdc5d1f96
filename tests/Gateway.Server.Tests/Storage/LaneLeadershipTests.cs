using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class LaneLeadershipTests(StorageKind kind) : LaneTest(kind)
{
    /// <summary>The day's figure bounds what may be spent: neither a deposed leader nor an old loss may change it, and nobody may lower it.</summary>
    [Fact]
    public async Task What_the_day_has_cost_is_raised_by_its_leader_alone_and_only_for_the_newest_loss()
    {
        var (day, first) = (LaneStore.Window(Given.Now), (await Lane.AcquireAsync("one", Ttl, Cancellation))!); // Free.
        var old = await LoseAsync(first);
        var taken = await Lane.ReseedBudgetAsync(first, old, Given.Now, 100, 50, Cancellation);
        var lower = await Lane.ReseedBudgetAsync(first, old, Given.Now, 70, 60, Cancellation);
        await Lane.ResignAsync(first, Cancellation);
        var second = (await Lane.AcquireAsync("two", Ttl, Cancellation))!; // Free again.
        var deposed = await Lane.ReseedBudgetAsync(first, old, Given.Now, 500, 0, Cancellation);
        var newest = await LoseAsync(second);
        var outdated = await Lane.ReseedBudgetAsync(second, old, Given.Now, 500, 0, Cancellation);
        var before = (await Database.HashGetAsync(Keys.Budget, day), await Database.HashGetAsync(Keys.HighWater, "assumed"));
        var last = await Lane.ReseedBudgetAsync(second, newest, Given.Now, 200, 0, Cancellation);

        Assert.Equal((true, true, false, false, true), (taken, lower, deposed, outdated, last));
        Assert.Equal((100, 60), ((long)before.Item1, (long)before.Item2));
        Assert.Equal((200, false), ((long)await Database.HashGetAsync(Keys.Budget, day), await Database.HashExistsAsync(Keys.HighWater, "assumed")));

        async Task<DateTimeOffset> LoseAsync(string token) => (await Lane.RaiseHighWaterAsync(
            token, new Nonce(1), new BlockNumber(1), server: null, new LaneLoss(new BlockNumber(0), Given.Now), Cancellation))!.QuietUntil!.Value; // It leads.
    }

    [Fact]
    public async Task One_leads_at_aTime_and_renews_under_the_same_token()
    {
        var token = await Lane.AcquireAsync("one", Ttl, Cancellation);

        Assert.NotNull(token);
        Assert.Null(await Lane.AcquireAsync("two", Ttl, Cancellation));
        Assert.Null(await Lane.AcquireAsync("on", Ttl, Cancellation));
        Assert.Equal(token, await Lane.AcquireAsync("one", Ttl, Cancellation));
    }

    [Fact]
    [Regression(19)]
    public async Task Whoever_resigns_lets_the_next_one_in_under_a_higher_epoch()
    {
        var first = await Lane.AcquireAsync("one", Ttl, Cancellation);
        await Lane.ResignAsync("one|1", Cancellation);
        Assert.Null(await Lane.AcquireAsync("two", Ttl, Cancellation));

        await Lane.ResignAsync(first!, Cancellation);
        var second = await Lane.AcquireAsync("two", Ttl, Cancellation);

        Assert.True(EpochOf(second) > EpochOf(first));
    }

    [Fact]
    [Regression(18)]
    public async Task A_leadership_whose_holder_died_ends_by_itself_however_often_it_was_renewed()
    {
        await Lane.AcquireAsync("dead", Ttl, Cancellation);
        Assert.InRange(await Database.KeyTimeToLiveAsync(Keys.Leader) ?? TimeSpan.MaxValue, TimeSpan.Zero, Ttl);
        await Lane.AcquireAsync("dead", Ttl, Cancellation);
        Assert.InRange(await Database.KeyTimeToLiveAsync(Keys.Leader) ?? TimeSpan.MaxValue, TimeSpan.Zero, Ttl);

        // Its time is over.
        await Database.KeyExpireAsync(Keys.Leader, TimeSpan.Zero);

        Assert.NotNull(await Lane.AcquireAsync("next", Ttl, Cancellation));
    }

    [Fact]
    public async Task Epochs_rise_although_the_counter_was_rolled_back()
    {
        var first = await Lane.AcquireAsync("one", Ttl, Cancellation);
        await Lane.ResignAsync(first!, Cancellation);
        await Database.StringSetAsync(Keys.Epoch, 1);

        Assert.True(EpochOf(await Lane.AcquireAsync("one", Ttl, Cancellation)) >= EpochOf(first));
    }
}

using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class LaneLeadershipTests(StorageKind kind) : LaneTest(kind)
{
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

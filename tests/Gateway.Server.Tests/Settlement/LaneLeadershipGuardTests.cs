using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What a process may do that believes it leads.</summary>
public abstract class LaneLeadershipGuardTests(StorageKind kind) : SettlementTest(kind)
{
    [Fact]
    [Regression(18)]
    public async Task The_guard_ends_two_seconds_before_redis_gives_the_lane_away()
    {
        var leadership = New();
        Assert.False(leadership.MayAct);
        await leadership.KeepAsync(Cancellation);
        Time.Advance(TimeSpan.FromSeconds(8) - TimeSpan.FromMilliseconds(1));
        Assert.True(leadership.MayAct);

        Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(leadership.MayAct);
    }

    [Fact]
    public async Task It_counts_from_before_the_question_was_asked()
    {
        var leadership = New(new SlowLane(Lane, () => Time.Advance(TimeSpan.FromSeconds(5))));
        await leadership.KeepAsync(Cancellation);
        Assert.True(leadership.MayAct);

        Time.Advance(TimeSpan.FromSeconds(3));

        Assert.False(leadership.MayAct);
    }

    [Fact]
    public async Task It_is_renewed_every_three_seconds_under_the_same_token()
    {
        var leadership = New();
        var token = await leadership.KeepAsync(Cancellation);
        await Database.KeyExpireAsync(Keys.Leader, TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(token, await leadership.KeepAsync(Cancellation));
        Assert.True(await Database.KeyTimeToLiveAsync(Keys.Leader) <= TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(token, await leadership.KeepAsync(Cancellation));

        Assert.True(await Database.KeyTimeToLiveAsync(Keys.Leader) > TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Who_resigns_is_followed_at_once_and_who_follows_has_a_later_epoch()
    {
        var (first, second) = (New(), New());
        var token = await first.KeepAsync(Cancellation);
        Assert.Null(await second.KeepAsync(Cancellation));

        await first.ResignAsync(Cancellation);

        Assert.False(first.MayAct);
        Assert.True(EpochOf(await second.KeepAsync(Cancellation)) > EpochOf(token));
    }

    [Fact]
    public async Task A_step_that_takes_long_keeps_it()
    {
        var leadership = New();
        await leadership.KeepAsync(Cancellation);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var renewed = new TaskCompletionSource();
        var held = New(new SlowLane(Lane, () => renewed.TrySetResult()));
        await Database.KeyDeleteAsync(Keys.Leader);
        var holding = held.HoldAsync(done.Token);
        Time.Advance(LaneLeadership.RenewEvery);

        await renewed.Task.WaitAsync(Cancellation);

        await done.CancelAsync();
        await holding;
    }

    private LaneLeadership New(ILane? lane = null)
    {
        var services = new ServiceCollection().AddLogging().AddMetrics().AddSingleton<TimeProvider>(Time).AddSingleton(lane ?? Lane);
        return services.AddSingleton<SettlementMetrics>().AddSingleton<LaneLeadership>().BuildServiceProvider().GetRequiredService<LaneLeadership>();
    }

    /// <summary>A lane that answers late.</summary>
    private sealed class SlowLane(ILane inner, Action answering) : LaneDecorator(inner)
    {
        public override async Task<string?> AcquireAsync(string owner, TimeSpan ttl, CancellationToken cancellationToken)
        {
            var token = await base.AcquireAsync(owner, ttl, cancellationToken);
            answering();
            return token;
        }
    }
}

[Collection(Kinds.Redis)]
public sealed class LaneLeadershipGuard_on_redis(StandaloneRedis kind) : LaneLeadershipGuardTests(kind);

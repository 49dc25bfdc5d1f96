using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Limits that somebody has set by hand, on a Redis that forgets them.</summary>
public abstract class LimitsWatchTests(StorageKind kind) : SettlementTest(kind)
{
    private static readonly LaneLimits Paused = LaneLimits.None with { DailyBudgetNavax = 7_000, IsPaused = true };

    [Fact]
    public async Task Limits_that_an_emptied_Redis_has_forgotten_are_told_to_every_replica_until_they_are_set_again()
    {
        var (one, other) = (Watch(), Watch());
        await one.SetAsync(Paused, Cancellation);
        await one.ReadAsync(Cancellation);
        await EmptyAsync();

        var read = await one.ReadAsync(Cancellation);
        var told = await other.ReadAsync(Cancellation);
        Time.Advance(TimeSpan.FromMinutes(1));
        await one.ReadAsync(Cancellation);

        Assert.Equal((Given.Now, Given.Now, Given.Now), (read.ByHand.LostAt, told.ByHand.LostAt, one.LostAt));
        Assert.Equal((false, new SettlementOptions().DailyBudgetNavax), (read.ByHand.IsPaused, read.Options.DailyBudgetNavax));
        await other.SetAsync(LaneLimits.None, Cancellation);
        await one.ReadAsync(Cancellation);
        Assert.Equal((null, null), (one.LostAt, other.LostAt));
    }

    [Fact]
    public async Task Limits_of_a_Redis_that_was_set_back_are_told_to_be_old_by_who_has_seen_newer_ones()
    {
        var watch = Watch();
        await watch.SetAsync(Paused, Cancellation);
        var snapshot = await StoreSnapshot.TakeAsync(Admin, Cancellation);
        Time.Advance(TimeSpan.FromMinutes(1));
        await watch.SetAsync(LaneLimits.None, Cancellation);
        await snapshot.RestoreAsync(Admin);

        var read = await watch.ReadAsync(Cancellation);

        // The pause that was lifted is back.
        Assert.Equal((true, Time.GetUtcNow()), (read.ByHand.IsPaused, read.ByHand.LostAt));
    }

    [Fact]
    public async Task Nothing_is_missed_where_nothing_was_set_or_all_was_taken_back()
    {
        var (never, taken) = (Watch(), Watch());
        await never.ReadAsync(Cancellation);
        await taken.SetAsync(Paused, Cancellation);
        await taken.SetAsync(LaneLimits.None, Cancellation);
        await EmptyAsync();

        Assert.Equal((null, null), ((await never.ReadAsync(Cancellation)).ByHand.LostAt, (await taken.ReadAsync(Cancellation)).ByHand.LostAt));
    }

    [Fact]
    public async Task What_somebody_sets_while_a_loss_is_being_told_stands()
    {
        var set = LaneLimits.None with { DailyBudgetNavax = 9_000, CeilingNavax = ImmutableSortedDictionary<Urgency, int>.Empty.Add(Urgency.Open, 3), SetAt = Given.Now };
        await Lane.SetLimitsAsync(set, Cancellation);

        var isTold = await Lane.TellLimitsLostAsync(LaneLimits.None, LaneLimits.None with { LostAt = Given.Now }, Cancellation);
        var again = await Lane.TellLimitsLostAsync(await Lane.LimitsAsync(Cancellation), set with { LostAt = Given.Now }, Cancellation);

        Assert.Equal((false, true), (isTold, again));
        Assert.Equal((9_000L, Given.Now), ((await Lane.LimitsAsync(Cancellation)).DailyBudgetNavax, (await Lane.LimitsAsync(Cancellation)).LostAt));
    }

    private LimitsWatch Watch() => new(
        Ports, new SettlementTuning(new Configured(), NullLogger<SettlementTuning>.Instance), NullLogger<LimitsWatch>.Instance);

    private async Task EmptyAsync()
    {
        foreach (var server in Admin.GetServers())
            await server.FlushAllDatabasesAsync();
    }

    private sealed class Configured : IOptionsMonitor<SettlementOptions>
    {
        public SettlementOptions CurrentValue { get; } = new();

        public SettlementOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<SettlementOptions, string?> listener) => null;
    }
}

[Collection(Kinds.Redis)]
public sealed class LimitsWatch_on_redis(StandaloneRedis kind) : LimitsWatchTests(kind);

[Collection(Kinds.Garnet)]
public sealed class LimitsWatch_on_garnet(EmbeddedGarnetRedis kind) : LimitsWatchTests(kind);

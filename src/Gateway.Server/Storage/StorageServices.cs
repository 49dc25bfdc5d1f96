using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Settlement;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Storage;

internal static class StorageServices
{
    /// <summary>Everything that is kept in Redis. The lane's store needs an operator's address: <see cref="AddLaneStore"/>.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddSingleton<RedisPipelines>();
        services.AddSingleton<RedisConnection>();
        services.AddSingleton<WriteAhead>();
        services.AddSingleton<AccountStore>();
        services.AddSingleton<LeaseClaims>();
        services.AddSingleton<UnclaimedAccounts>();
        services.AddSingleton<LeaseListing>();
        services.AddSingleton<LeaseHistory>();
        services.AddSingleton<EndedLeases>();
        services.AddSingleton<UsageLog>();
        services.AddSingleton<LedgerStore>();
        services.AddSingleton<LedgerBatches>();
        services.AddSingleton<PayeeIndex>();
        services.AddSingleton<PayeePeriodStore>();
        services.AddSingleton<PeriodStore>();
        services.AddSingleton<AccountDeadlines>();
        services.AddSingleton<FlowMarks>();
        services.AddSingleton<DirectiveLog>();
        services.AddSingleton<EventOutbox>();
        services.AddSingleton<StoreHints>();
        services.AddSingleton(provider => new WatcherCursorStore(
            provider.GetRequiredService<RedisConnection>(), new ChainId(provider.GetRequiredService<IOptions<ChainOptions>>().Value.ChainId)));
        services.AddSingleton(provider => new PooledAccounts(
            provider.GetRequiredService<RedisConnection>(), new ChainId(provider.GetRequiredService<IOptions<ChainOptions>>().Value.ChainId)));
        services.AddHostedService<RedisGate>();
        return services;
    }

    /// <param name="operatorAddress">Whose transactions the lane sends; known once the key is unlocked.</param>
    public static IServiceCollection AddLaneStore(this IServiceCollection services, Func<IServiceProvider, Address> operatorAddress)
    {
        services.AddSingleton<ILane>(provider => new LaneStore(
            provider.GetRequiredService<RedisConnection>(),
            provider.GetRequiredService<WriteAhead>(),
            KeysOf(provider, operatorAddress),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new LaneProgress(provider.GetRequiredService<RedisConnection>(), KeysOf(provider, operatorAddress)));
        services.AddSingleton(provider => new LaneOutlook(provider.GetRequiredService<RedisConnection>(), KeysOf(provider, operatorAddress)));
        services.AddSingleton(provider => new LaneHighWater(provider.GetRequiredService<RedisConnection>(), KeysOf(provider, operatorAddress)));
        services.AddSingleton(provider => new LaneFiguresReader(provider.GetRequiredService<RedisConnection>(), KeysOf(provider, operatorAddress)));
        return services;
    }

    private static LaneKeys KeysOf(IServiceProvider provider, Func<IServiceProvider, Address> operatorAddress) =>
        new(new ChainId(provider.GetRequiredService<IOptions<ChainOptions>>().Value.ChainId), operatorAddress(provider));
}

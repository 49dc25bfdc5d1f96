namespace Gateway.Server.Watching;

internal static class WatchingServices
{
    /// <summary>Follows the chain, asks again for what one endpoint alone has told of it, and notices where nobody follows.</summary>
    public static IServiceCollection AddWatching(this IServiceCollection services)
    {
        services.AddSingleton<SolvencyLogs>();
        services.AddSingleton<TouchedAccounts>();
        services.AddSingleton<GovernanceChanges>();
        services.AddSingleton<ChainContinuity>();
        services.AddSingleton<WatcherStep>();
        services.AddSingleton<RescanStep>();
        services.AddSingleton<WatchMetrics>();
        services.AddSingleton<StallStep>();
        services.AddHostedService<WatcherWorker>();
        services.AddHostedService<RescanWorker>();
        services.AddHostedService<StallWorker>();
        return services;
    }
}

namespace Gateway.Server.Watching;

internal static class WatchingServices
{
    /// <summary>Follows the chain, and asks again for what one endpoint alone has told of it.</summary>
    public static IServiceCollection AddWatching(this IServiceCollection services)
    {
        services.AddSingleton<SolvencyLogs>();
        services.AddSingleton<TouchedAccounts>();
        services.AddSingleton<WatcherStep>();
        services.AddSingleton<RescanClock>();
        services.AddSingleton<RescanStep>();
        services.AddHostedService<WatcherWorker>();
        services.AddHostedService<RescanWorker>();
        return services;
    }
}

namespace Gateway.Server.Watching;

internal static class WatchingServices
{
    /// <summary>Follows the chain.</summary>
    public static IServiceCollection AddWatching(this IServiceCollection services)
    {
        services.AddSingleton<TouchedAccounts>();
        services.AddSingleton<WatcherStep>();
        services.AddHostedService<WatcherWorker>();
        return services;
    }
}

namespace Gateway.Server.Rebuilding;

internal static class RebuildServices
{
    /// <summary>Brings back from the chain what a lost Redis knew. Needs evaluation and settlement.</summary>
    public static IServiceCollection AddRebuilding(this IServiceCollection services)
    {
        services.AddSingleton<JournalGate>();
        services.AddSingleton<RebuildMetrics>();
        services.AddSingleton<RebuildTeller>();
        services.AddSingleton<RebuiltStores>();
        services.AddSingleton<AccountRebuild>();
        services.AddSingleton<RebuildPass>();
        services.AddSingleton<RebuildStep>();
        services.AddHostedService<RebuildWorker>();
        return services;
    }
}

namespace Gateway.Server.Workers;

internal static class WorkerServices
{
    /// <summary>What every worker runs in.</summary>
    public static IServiceCollection AddWorkers(this IServiceCollection services)
    {
        services.AddSingleton<Heartbeats>();
        services.AddSingleton<StepLoop>();
        return services;
    }
}

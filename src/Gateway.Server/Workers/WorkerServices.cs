using Gateway.Server.Payees;
using Gateway.Server.Pricing;
using Gateway.Server.Resilience;
using Gateway.Server.Webhooks;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Workers;

internal static class WorkerServices
{
    /// <summary>What every worker runs in, and who notices one that does not. Needs the pool and the webhooks' options.</summary>
    public static IServiceCollection AddWorkers(this IServiceCollection services)
    {
        services.AddSingleton<Heartbeats>();
        services.AddSingleton<StepLoop>();
        services.AddSingleton(provider => Loops.Of(
            provider.GetRequiredService<RpcPool>(),
            provider.GetRequiredService<IOptions<WebhookOptions>>(),
            provider.GetRequiredService<IOptions<PricesOptions>>(),
            provider.GetRequiredService<IOptions<PayeeDirectoryOptions>>()));
        services.AddSingleton<LoopWatch>();
        return services;
    }
}

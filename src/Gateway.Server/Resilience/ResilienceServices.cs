using System.Security.Cryptography;
using Gateway.Chain.Rpc;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Server.Resilience;

internal static class ResilienceServices
{
    /// <summary>The chain: all configured endpoints, as <see cref="RpcPool"/> and as <see cref="IEthRpc"/>.</summary>
    public static IServiceCollection AddRpcPool(this IServiceCollection services)
    {
        // Polly times, breaks and repeats by kind of call (style rule 26); by HTTP verb it could not: every JSON-RPC call is a POST.
        services.AddHttpClient(RpcEndpointFactory.ClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler(static (handler, _) => Configure(handler))
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            // The client's own logs and spans would show the URL's path, where providers put keys.
            .RemoveAllLoggers();
        services.TryAddSingleton<ChainMetrics>();
        services.AddSingleton<HeadPulse>();
        services.AddSingleton<RpcEndpointFactory>();
        services.AddSingleton(provider => new RpcPool(
            provider.GetRequiredService<RpcEndpointFactory>().Create(),
            provider.GetRequiredService<ChainMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IEthRpc>(provider => provider.GetRequiredService<RpcPool>());
        return services;
    }

    /// <summary>The state of everything the gateway depends on. Needs the pool and the storage.</summary>
    public static IServiceCollection AddDependencyBreakers(this IServiceCollection services)
    {
        services.TryAddSingleton<ChainMetrics>();
        services.AddSingleton<SignerPipeline>();
        services.AddSingleton<DependencyRegistry>();
        services.AddSingleton<DependencyBreakers>();
        return services;
    }

    /// <summary>Tells of new blocks as they come. Needs the pool and the workers' loop.</summary>
    public static IServiceCollection AddChainHeads(this IServiceCollection services)
    {
        services.AddSingleton<ChainHeads>();
        services.TryAddSingleton(new HeadTiming(NextJitter));
        services.AddHostedService<HeadWorker>();
        return services;
    }

    // From several threads at once.
    private static double NextJitter() => RandomNumberGenerator.GetInt32(1 << 24) / (double)(1 << 24);

    private static void Configure(SocketsHttpHandler handler)
    {
        // Names of providers move; a connection that lives for ever would not see it.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        handler.ConnectTimeout = TimeSpan.FromSeconds(5);
        handler.AutomaticDecompression = System.Net.DecompressionMethods.All;
        handler.UseCookies = false;
        handler.AllowAutoRedirect = false;
        // No spans and no trace context to strangers: see RemoveAllLoggers.
        handler.ActivityHeadersPropagator = null;
    }
}

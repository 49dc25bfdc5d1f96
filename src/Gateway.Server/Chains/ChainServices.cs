using Gateway.Chain.Superfluid;

namespace Gateway.Server.Chains;

internal static class ChainServices
{
    /// <summary>What is known of the chain, and how accounts on it are read. Needs an IEthRpc and the operator's signer.</summary>
    public static IServiceCollection AddChains(this IServiceCollection services)
    {
        services.AddSingleton<ChainDirectory>();
        services.AddSingleton<ChainReader>();
        services.AddSingleton(provider => new HostViews(provider.GetRequiredService<ChainDirectory>().Deployment.Contracts));
        services.AddSingleton<ChainGate>();
        services.AddHostedService(provider => provider.GetRequiredService<ChainGate>());
        return services;
    }
}

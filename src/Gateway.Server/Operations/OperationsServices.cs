namespace Gateway.Server.Operations;

internal static class OperationsServices
{
    /// <summary>The service of whoever is on call. Needs leases, evaluation, settlement and the dependencies' breakers.</summary>
    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddSingleton<ListBreakers>();
        services.AddSingleton<BreakerHand>();
        services.AddSingleton<ExplainLease>();
        services.AddSingleton<FlowComparison>();
        services.AddSingleton<FlowRepair>();
        services.AddSingleton<Reconcile>();
        services.AddSingleton<Rebuild>();
        services.AddSingleton<ChainComparisons>();
        services.AddSingleton<SettlementHand>();
        services.AddSingleton<RepriceTeller>();
        services.AddSingleton<Reprice>();
        services.AddSingleton<PriceHand>();
        services.AddSingleton<OperatorHands>();
        services.AddSingleton<OperationsEndpoint>();
        return services;
    }
}

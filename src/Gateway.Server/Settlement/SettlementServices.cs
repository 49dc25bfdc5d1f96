using Gateway.Chain.Signing;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;

namespace Gateway.Server.Settlement;

internal static class SettlementServices
{
    /// <summary>The operator's key and the lane that it leads.</summary>
    /// <remarks>
    /// Needs what <c>AddStorage</c>, <c>AddRpcPool</c>, <c>AddDependencyBreakers</c> and <c>AddChains</c> register, and an <see cref="ILaneFeedback"/>. What
    /// it registers itself is needed by <c>AddChains</c>: the signer.
    /// </remarks>
    public static IServiceCollection AddSettlement(this IServiceCollection services)
    {
        services.AddOperatorKey();
        services.AddLaneStore(provider => provider.GetRequiredService<ITransactionSigner>().Address);
        services.AddSingleton<SettlementSignal>();
        services.AddSingleton<SettlementMetrics>();
        services.AddSingleton<LaneTroubles>();
        services.AddSingleton<LaneMemory>();
        services.AddSingleton<ILaneAccounts, LaneAccounts>();
        services.AddSingleton<IBatchVehicle, HostBatchVehicle>();
        services.AddSingleton<ILaneChain, LaneChain>();
        services.AddSingleton<Invariants>().AddSingleton<InvariantsOfSlots>().AddSingleton<InvariantsOfProgress>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LanePorts>(provider).Watched(provider.GetRequiredService<InvariantsOfSlots>()));
        services.AddLaneLoop();
        services.AddSingleton<LaneStatus>();
        services.AddHostedService<SettlementWorker>();
        return services;
    }

    /// <summary>Whom customers authorise; needed also where no lane runs.</summary>
    private static void AddOperatorKey(this IServiceCollection services)
    {
        services.AddSingleton<OperatorKey>();
        services.AddSingleton<ITransactionSigner>(provider =>
            provider.GetRequiredService<SignerPipeline>().Guard(provider.GetRequiredService<OperatorKey>().Open()));
    }

    /// <summary>The step and its parts, in the order in which a step uses them.</summary>
    internal static IServiceCollection AddLaneLoop(this IServiceCollection services) => services
        .AddSingleton<LaneLeadership>()
        .AddSingleton<SettlementTuning>()
        .AddSingleton<LimitsWatch>()
        .AddSingleton<RoundStarter>()
        .AddSingleton<LaneRecovery>()
        .AddSingleton<LaneSearch>()
        .AddSingleton<DayCosts>()
        .AddSingleton<LaneTeller>()
        .AddSingleton<SlotCloser>()
        .AddSingleton<AttemptSender>()
        .AddSingleton<SlotDriver>()
        .AddSingleton<ForgottenNonces>()
        .AddSingleton<OutlookKeeper>()
        .AddSingleton<SlotKeeper>()
        .AddSingleton<MarkTaker>()
        .AddSingleton<LateMarks>()
        .AddSingleton<AccountScout>()
        .AddSingleton<DueFlows>()
        .AddSingleton<BatchPlanner>()
        .AddSingleton<CulpritJudge>()
        .AddSingleton<BatchGas>()
        .AddSingleton<BatchSieve>()
        .AddSingleton<LaneFunds>()
        .AddSingleton<SlotOpener>()
        .AddSingleton<SlotAmender>()
        .AddSingleton<BatchMaker>()
        .AddSingleton<SettlementStep>();
}

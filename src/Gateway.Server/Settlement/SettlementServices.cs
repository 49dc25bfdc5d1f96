using Gateway.Chain.Rpc;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Settlement;

internal static class SettlementServices
{
    /// <summary>The operator's key and the lane that it leads.</summary>
    /// <remarks>
    /// Needs what <c>AddStorage</c>, the RPC pool and the chain directory register, and an <see cref="ILaneFeedback"/>, an <see cref="AccountLook"/>, the
    /// <see cref="SuperfluidContracts"/> and the list of <see cref="LaneEndpoint"/>.
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
        services.AddSingleton<IBatchVehicle>(provider => new HostBatchVehicle(
            provider.GetRequiredService<SuperfluidContracts>(),
            new ChainId(provider.GetRequiredService<IOptions<ChainOptions>>().Value.ChainId),
            provider.GetRequiredService<ITransactionSigner>(),
            provider.GetRequiredService<IEthRpc>()));
        services.AddSingleton<ILaneChain>(provider => new LaneChain(
            provider.GetRequiredService<IEthRpc>(),
            provider.GetRequiredService<IReadOnlyList<LaneEndpoint>>(),
            provider.GetRequiredService<SuperfluidContracts>(),
            provider.GetRequiredService<ITransactionSigner>().Address,
            provider.GetRequiredService<AccountLook>(),
            provider.GetRequiredService<SettlementMetrics>()));
        services.AddSingleton<LanePorts>(provider => new LanePorts(
            provider.GetRequiredService<ILaneChain>(),
            provider.GetRequiredService<IBatchVehicle>(),
            provider.GetRequiredService<ILaneAccounts>(),
            provider.GetRequiredService<ILane>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddLaneLoop();
        services.AddSingleton<LaneStatus>();
        services.AddHostedService<SettlementWorker>();
        return services;
    }

    /// <summary>Whom customers authorise; needed also where no lane runs.</summary>
    private static void AddOperatorKey(this IServiceCollection services)
    {
        services.AddSingleton<OperatorKey>();
        services.AddSingleton<SignerPipeline>();
        services.AddSingleton<ITransactionSigner>(provider =>
            new GuardedSigner(provider.GetRequiredService<OperatorKey>().Open(), provider.GetRequiredService<SignerPipeline>()));
    }

    /// <summary>The step and its parts, in the order in which a step uses them.</summary>
    internal static IServiceCollection AddLaneLoop(this IServiceCollection services) => services
        .AddSingleton<LaneLeadership>()
        .AddSingleton<RoundStarter>()
        .AddSingleton<SlotCloser>()
        .AddSingleton<AccountTeller>()
        .AddSingleton<AttemptSender>()
        .AddSingleton<SlotDriver>()
        .AddSingleton<SlotKeeper>()
        .AddSingleton<MarkTaker>()
        .AddSingleton<AccountScout>()
        .AddSingleton<BatchPlanner>()
        .AddSingleton<CulpritJudge>()
        .AddSingleton<BatchGas>()
        .AddSingleton<BatchSieve>()
        .AddSingleton<SlotOpener>()
        .AddSingleton<BatchMaker>()
        .AddSingleton<SettlementStep>();
}

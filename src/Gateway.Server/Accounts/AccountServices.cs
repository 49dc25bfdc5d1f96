using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Accounts.Preparing;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Accounts.Verifying;

namespace Gateway.Server.Accounts;

internal static class AccountServices
{
    /// <summary>What customers may ask. Needs the chain, the storage and LeaseChanges.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        services.AddSingleton<AccountRequests>();
        services.AddSingleton<TokenNatures>();
        services.AddSingleton<PayerViews>();
        services.AddSingleton<AccountWatch>();
        services.AddSingleton<GrantCalls>();
        services.AddSingleton<CallSimulator>();
        services.AddSingleton<AuthorizationPreparer>();
        services.AddSingleton<TopUpPreparer>();
        services.AddSingleton<AccountDesk>();
        services.AddSingleton<BlockClock>();
        services.AddSingleton<FlowLogs>();
        services.AddSingleton<FlowHistory>();
        services.AddSingleton<AccountLeases>();
        services.AddSingleton<StatementDrawer>();
        services.AddSingleton<PeriodCloser>();
        services.AddSingleton<DroppingStores>();
        services.AddSingleton<LeaseCompaction>();
        services.AddSingleton<LedgerCompaction>();
        services.AddSingleton<StatementDesk>();
        services.AddSingleton<PayeeAccounts>();
        services.AddSingleton<PayeeStatementDesk>();
        services.AddSingleton<FlowProof>();
        services.AddSingleton<UseProof>();
        services.AddSingleton<FlowIntegrals>();
        services.AddSingleton<BalanceProof>();
        services.AddSingleton<NamedPayees>();
        services.AddSingleton<StatementProofs>();
        services.AddSingleton<StatementVerifier>();
        services.AddSingleton<StatementExport>();
        services.AddSingleton<StatementAnswers>();
        return services.AddLedgers();
    }

    private static IServiceCollection AddLedgers(this IServiceCollection services)
    {
        services.AddSingleton<LedgerMetrics>();
        services.AddSingleton<LedgerJournal>();
        services.AddSingleton<LedgerReader>();
        services.AddSingleton<LedgerBeginning>();
        services.AddSingleton<LedgerFold>();
        services.AddSingleton<LedgerCheck>();
        services.AddSingleton<LedgerSources>();
        services.AddSingleton<FreshLedger>();
        services.AddSingleton<LedgerKeeper>();
        services.AddSingleton<LedgerScopes>();
        services.AddSingleton<LedgerUpkeep>();
        services.AddSingleton<LedgerSweep>();
        services.AddSingleton<LedgerStep>();
        services.AddHostedService<LedgerWorker>();
        return services;
    }

    /// <summary>The account service over gRPC.</summary>
    public static void MapAccounts(this IEndpointRouteBuilder app) => app.MapGrpcService<AccountEndpoint>();
}

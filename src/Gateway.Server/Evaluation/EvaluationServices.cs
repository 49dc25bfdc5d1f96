using Gateway.Server.Settlement;

namespace Gateway.Server.Evaluation;

internal static class EvaluationServices
{
    /// <summary>Accounts: how they are changed, looked at, and when.</summary>
    public static IServiceCollection AddEvaluation(this IServiceCollection services)
    {
        services.AddSingleton<AccountPolicies>();
        services.AddSingleton<AccountLocks>();
        services.AddSingleton<ResyncMetrics>();
        services.AddSingleton<WarningMetrics>();
        services.AddSingleton<ExposureMetrics>();
        services.AddSingleton<DriftMetrics>();
        services.AddSingleton<AccountMetrics>();
        services.AddSingleton<AccountTeller>();
        services.AddSingleton<AccountSession>();
        services.AddSingleton<LeaseBreakers>();
        services.AddSingleton<FlowLogReader>();
        services.AddSingleton<AccountLookout>();
        services.AddSingleton<AccountAssessor>();
        services.AddSingleton<AccountEvaluator>();
        services.AddSingleton<EvaluationRunner>();
        services.AddSingleton<ILaneFeedback, LaneFeedback>();
        services.AddSingleton<GlanceStep>();
        services.AddSingleton<DeadlineStep>();
        services.AddSingleton<OverdueStep>();
        services.AddHostedService<DeadlineWorker>();
        return services;
    }
}

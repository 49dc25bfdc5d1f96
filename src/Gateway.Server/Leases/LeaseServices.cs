using Gateway.Server.Chains;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Requests;
using Gateway.Server.Leases.Validation;

namespace Gateway.Server.Leases;

internal static class LeaseServices
{
    /// <summary>The scheduler's service, and what every service needs for its errors. Needs chains, storage and evaluation.</summary>
    public static IServiceCollection AddLeases(this IServiceCollection services)
    {
        services.AddGrpc(options => options.Interceptors.Add<ErrorInterceptor>());
        services.AddSingleton<ErrorInterceptor>();
        // Every error is logged once, where it becomes a status; the library would log each again, and a bad caller's as an error of ours.
        services.AddLogging(logging => logging.AddFilter("Grpc.AspNetCore.Server.ServerCallHandler", LogLevel.None));
        services.AddSingleton(provider => new TokenBook(provider.GetRequiredService<ChainDirectory>().Deployment.Tokens));
        services.AddSingleton<LeaseChanges>();
        services.AddSingleton<LeaseRules>();
        services.AddSingleton<LeaseMapping>();
        services.AddSingleton<LeaseReader>();
        services.AddSingleton<LeaseWaits>();
        services.AddSingleton<LeaseAnswers>();
        services.AddSingleton<AccountLooks>();
        services.AddSingleton<PayeeCheck>();
        services.AddSingleton<LeaseAdmission>();
        services.AddSingleton<QuoteLease>();
        services.AddSingleton<OpenLease>();
        services.AddSingleton<UpdateLease>();
        services.AddSingleton<CloseLease>();
        services.AddSingleton<SettledUse>();
        services.AddSingleton<ReportExecution>();
        services.AddSingleton<ListLeases>();
        services.AddSingleton<WatchLeases>();
        services.AddSingleton<LeaseCommands>();
        services.AddSingleton<LeaseQueries>();
        services.AddSingleton<LeaseEndpoint>();
        services.AddSingleton<LookQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<LookQueue>());
        services.AddSingleton<HintTaker>();
        services.AddHostedService<HintListener>();
        return services;
    }
}

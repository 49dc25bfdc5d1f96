using Gateway.Server.Accounts;
using Gateway.Server.Chains;
using Gateway.Server.Configuration;
using Gateway.Server.Directives;
using Gateway.Server.Evaluation;
using Gateway.Server.Health;
using Gateway.Server.Leases;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Operations;
using Gateway.Server.Payees;
using Gateway.Server.Pricing;
using Gateway.Server.Rebuilding;
using Gateway.Server.Resilience;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;
using Gateway.Server.Watching;
using Gateway.Server.Web;
using Gateway.Server.Web.Rest;
using Gateway.Server.Webhooks;
using Gateway.Server.Workers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Server;

/// <summary>The whole gateway as one host: used by the executable, by the devnet in its own process, and by tests.</summary>
public static class GatewayApplication
{
    /// <summary>Everything registered and mapped; nothing started, nothing connected.</summary>
    /// <param name="args">Configuration on the command line, as in <c>--Gateway:Http:Url=…</c>.</param>
    /// <param name="customize">Runs after the gateway's own registrations: a test's or a devnet's configuration and replacements.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? customize = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        // A failed start is told by whoever runs the host; the host's own log of it would only add a stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.AddGateway(builder.Configuration);
        customize?.Invoke(builder);
        var app = builder.Build();
        app.MapGateway();
        return app;
    }

    /// <summary>Runs until it is told to stop.</summary>
    /// <returns>0, or <see cref="ConfigurationFailure.ExitCode"/> after every problem of the configuration was printed to <paramref name="errors"/>.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter errors)
    {
        try
        {
            await using var app = Build(args);
            // Before anything is made out of the options: whatever is made first would report its own section's problems alone.
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            app.Lifetime.ApplicationStarted.Register(() => app.Services.GetRequiredService<Banner>().Log(app.Logger));
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (ConfigurationFailure.LinesOf(e) is { } lines)
        {
            ConfigurationFailure.Print(lines, errors);
            return ConfigurationFailure.ExitCode;
        }
    }

    private static void AddGateway(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddGatewayConfiguration();
        services.AddGatewayTelemetry(configuration);
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, ServingEndpoints>();
        services.AddStorage();
        services.AddRpcPool();
        services.AddDependencyBreakers();
        services.AddChains();
        services.AddWorkers();
        services.AddChainHeads();
        services.AddEvaluation();
        services.AddSettlement();
        services.AddRebuilding();
        services.AddWatching();
        services.AddDirectives();
        services.AddWebhooks();
        services.AddPayees();
        services.AddPricing();
        services.AddLeases();
        services.AddAccounts();
        services.AddOperations();
        services.AddHealth();
        services.AddGrpcReflection();
        services.AddWeb();
    }

    private static void MapGateway(this WebApplication app)
    {
        app.UseRouting();
        app.UseRestStatuses();
        app.UseMiddleware<UnreadableMessages>();
        app.MapGrpcService<LeaseEndpoint>();
        app.MapGrpcService<OperationsEndpoint>();
        app.MapAccounts();
        app.MapHealth();
        app.MapWeb();
        // Not through its options: those are checked at the start, together with all others.
        if (app.Configuration.GetValue($"{GrpcOptions.Section}:{nameof(GrpcOptions.Reflection)}", defaultValue: true))
            app.MapGrpcReflectionService();
    }
}

using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Server.Health;

internal static class HealthServices
{
    private const string Ready = "ready";

    /// <summary>Names of gRPC health: the whole, and each service by its full name.</summary>
    private static readonly string[] GrpcNames =
        ["", .. Superfluid.Gateway.V1.GatewayReflection.Descriptor.Services.Select(s => s.FullName)];

    /// <summary>Readiness over HTTP and gRPC. Needs storage, chains, workers and the dependencies' breakers.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<RedisCheck>("redis", tags: [Ready])
            .AddCheck<ChainCheck>("chain", tags: [Ready])
            .AddCheck<WorkersCheck>("workers", tags: [Ready])
            .AddCheck<WatcherCheck>("watcher", tags: [Ready])
            .AddCheck<AuditCheck>("audit", tags: [Ready])
            .AddCheck<SettlementCheck>("settlement", tags: [Ready])
            .AddCheck<PricesCheck>("prices", tags: [Ready])
            .AddCheck<PayeesCheck>("payees", tags: [Ready]);
        services.AddGrpcHealthChecks(options =>
        {
            options.Services.Clear();
            foreach (var name in GrpcNames)
                options.Services.Map(name, check => check.Tags.Contains(Ready, StringComparer.Ordinal));
        });
        // How fast a watcher of gRPC health hears of a change.
        services.Configure<HealthCheckPublisherOptions>(options =>
        {
            options.Delay = TimeSpan.FromSeconds(1);
            options.Period = TimeSpan.FromSeconds(5);
        });
        return services;
    }

    /// <summary>Alive asks nobody: an outage of others would not end by a restart. Ready asks, and a degraded gateway is ready.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/healthz", new HealthCheckOptions { Predicate = _ => false });
        endpoints.MapHealthChecks("/readyz", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready, StringComparer.Ordinal), ResponseWriter = WriteAsync });
        endpoints.MapGrpcHealthChecksService();
    }

    /// <summary>One line for each check, for people who look at a probe.</summary>
    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync($"{report.Status}\n", context.RequestAborted);
        foreach (var (name, entry) in report.Entries)
            await context.Response.WriteAsync($"{name}: {entry.Status}. {entry.Description}\n", context.RequestAborted);
    }
}

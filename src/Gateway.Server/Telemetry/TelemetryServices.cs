using Gateway.Server.Configuration;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Server.Telemetry;

internal static class TelemetryServices
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Traces and metrics. They leave the process only where the standard OTLP variable is set, or to the console where configuration asks.</summary>
    public static IServiceCollection AddGatewayTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>() ?? new TelemetryOptions();
        var otlp = !string.IsNullOrEmpty(configuration[OtlpEndpoint]);
        services.AddSingleton<GatewayMetrics>();
        var telemetry = services.AddOpenTelemetry().ConfigureResource(r => r.AddService("superfluid-gateway"));
        telemetry.WithTracing(tracing =>
        {
            tracing
                .AddSource(GatewayTelemetry.SourceName, GatewayTelemetry.ChainSourceName, GatewayTelemetry.RedisSourceName)
                .AddAspNetCoreInstrumentation(o => o.Filter = IsWorthATrace)
                .AddHttpClientInstrumentation();
            if (otlp)
                tracing.AddOtlpExporter();
            if (options.ConsoleTraces)
                tracing.AddConsoleExporter();
        });
        telemetry.WithMetrics(metrics =>
        {
            metrics
                .AddMeter(GatewayTelemetry.SourceName, GatewayTelemetry.ChainSourceName, GatewayTelemetry.RedisSourceName, "Polly")
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation();
            if (otlp)
                metrics.AddOtlpExporter();
            if (options.ConsoleMetrics)
                metrics.AddConsoleExporter();
        });
        return services;
    }

    // Probes and the page's files would drown what somebody looks for.
    private static bool IsWorthATrace(HttpContext context) =>
        context.Request.Path.Value is { } path
        && (path.StartsWith("/v1/", StringComparison.Ordinal) || path.StartsWith("/superfluid.gateway.v1.", StringComparison.Ordinal));
}

using Gateway.Server.Workers;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Webhooks;

internal static class WebhookServices
{
    /// <summary>Telling warnings, pauses and terminations by HTTP, where somebody wants to be told.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.AddSingleton<WebhookEvents>();
        services.AddSingleton<WebhookMetrics>();
        // One receiver for the whole life of the process; its name may come to mean another address.
        services.AddHttpClient<WebhookSender>().UseSocketsHttpHandler((handler, _) =>
        {
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(2);
            handler.AllowAutoRedirect = false;
        });
        services.AddSingleton<WebhookStep>();
        services.AddHostedService<WebhookWorker>();
        return services;
    }
}

/// <summary>Runs <see cref="WebhookStep"/> for as long as the gateway runs, where a receiver is configured.</summary>
internal sealed class WebhookWorker(WebhookStep step, IOptions<WebhookOptions> options, StepLoop loop, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Value.IsOn
        ? loop.RunAsync(Loops.Webhooks, async ct => await step.RunOnceAsync(ct) > 0, ct => Task.Delay(Interval, time, ct), stoppingToken)
        : Task.CompletedTask;
}

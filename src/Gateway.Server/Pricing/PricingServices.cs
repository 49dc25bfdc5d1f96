using Gateway.Server.Workers;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Pricing;

internal static class PricingServices
{
    /// <summary>Price lists. Needs the tokens and the workers' loop.</summary>
    public static IServiceCollection AddPricing(this IServiceCollection services)
    {
        services.AddSingleton<PriceMetrics>();
        services.AddSingleton<PriceLists>();
        services.AddHostedService<PricesWorker>();
        return services;
    }
}

/// <summary>Looks at the file of the price list for as long as the gateway runs, where one is configured.</summary>
internal sealed class PricesWorker(PriceLists lists, IOptions<PricesOptions> options, StepLoop loop, TimeProvider time) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Value.IsOn
        ? loop.RunEveryAsync(
            Loops.Prices,
            options.Value.PollInterval,
            _ =>
            {
                lists.Reload();
                return Task.CompletedTask;
            },
            time,
            stoppingToken)
        : Task.CompletedTask;
}

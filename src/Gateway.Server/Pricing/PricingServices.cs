using Gateway.Server.Pricing.Usd;
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
        services.AddSingleton<UsdPorts>();
        services.AddSingleton<UsdPrices>();
        services.AddSingleton<PriceBook>();
        services.AddHostedService<PricesWorker>();
        services.AddHostedService<UsdPricesWorker>();
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

/// <summary>Asks what tokens are worth in dollars, where sources are configured.</summary>
internal sealed class UsdPricesWorker(UsdPrices prices, IOptions<PricesOptions> options, StepLoop loop, TimeProvider time) : BackgroundService
{
    private bool IsOn => options.Value.Usd.Count > 0;

    /// <summary>Asked once before anything is served: the first request is else refused for want of an answer that was on its way.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsOn)
            await prices.RefreshAsync(onlyDue: false, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => IsOn
        ? loop.RunEveryAsync(
            Loops.UsdPrices, options.Value.Usd.Values.Min(s => s.RefreshInterval), ct => prices.RefreshAsync(onlyDue: true, ct), time, stoppingToken)
        : Task.CompletedTask;
}

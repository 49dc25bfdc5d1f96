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
    /// <summary>The loop shows that it lives more often than a file need be looked at.</summary>
    private static readonly TimeSpan LongestRest = LoopWatch.Stale / 3;

    private DateTimeOffset _dueAt;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Value.IsOn
        ? loop.RunAsync(Loops.Prices, StepAsync, ct => Task.Delay(Rest, time, ct), stoppingToken)
        : Task.CompletedTask;

    private TimeSpan Rest => options.Value.PollInterval < LongestRest ? options.Value.PollInterval : LongestRest;

    private Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now >= _dueAt)
        {
            _dueAt = now + options.Value.PollInterval;
            lists.Reload();
        }

        return Task.FromResult(false);
    }
}

using Gateway.Server.Pricing.Usd;
using Gateway.Server.Storage;
using Gateway.Server.Workers;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Pricing;

internal static class PricingServices
{
    /// <summary>Price lists. Needs the storage, the tokens and the workers' loop.</summary>
    public static IServiceCollection AddPricing(this IServiceCollection services)
    {
        services.AddSingleton<PriceMetrics>();
        services.AddSingleton<PriceListVersions>();
        services.AddSingleton<PriceLists>();
        services.AddSingleton<UsdBelief>();
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
    /// <exception cref="OptionsValidationException">The list has a version that was another list before.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await lists.CheckAsync(cancellationToken);
        }
        catch (PriceListException e)
        {
            throw new OptionsValidationException(PricesOptions.Section, typeof(PricesOptions), e.Problems.Select(p => $"{PricesOptions.Section}:{nameof(PricesOptions.File)}: {p}"));
        }
        catch (StoreUnavailableException)
        {
            // A store that is away keeps no gateway from starting: the loop asks it again, and a list that is wrong then shows in readiness.
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Value.IsOn
        ? loop.RunEveryAsync(Loops.Prices, options.Value.PollInterval, lists.ReloadAsync, time, stoppingToken)
        : Task.CompletedTask;
}

/// <summary>Asks what tokens are worth in dollars, where sources are configured.</summary>
internal sealed class UsdPricesWorker(UsdPrices prices, IOptions<PricesOptions> options, StepLoop loop, TimeProvider time) : BackgroundService
{
    /// <summary>At least so often, whatever is due: it is found while it holds that somebody has looked.</summary>
    private static readonly TimeSpan Longest = UsdBelief.Life / 3;

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
            Loops.UsdPrices, options.Value.Usd.Values.Select(s => s.RefreshInterval).Append(Longest).Min(), ct => prices.RefreshAsync(onlyDue: true, ct), time, stoppingToken)
        : Task.CompletedTask;
}

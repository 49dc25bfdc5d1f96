using Gateway.Server.Resilience;
using Gateway.Server.Storage;
using Gateway.Server.Workers;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Payees;

internal static class PayeeServices
{
    /// <summary>The payee directory. Needs the storage and the workers' loop.</summary>
    public static IServiceCollection AddPayees(this IServiceCollection services)
    {
        services.AddHttpClient(GuardedSource.ClientName, client =>
            {
                client.Timeout = Timeout.InfiniteTimeSpan;
                client.MaxResponseContentBufferSize = GuardedSource.MostBytes;
            })
            .UseSocketsHttpHandler(static (handler, _) =>
            {
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(2);
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                handler.ActivityHeadersPropagator = null;
            })
            // The client's own logs would show the URL's path, where keys stand.
            .RemoveAllLoggers();
        services.AddSingleton<PayeeDirectoryStore>();
        services.AddSingleton<PayeeDirectories>();
        services.AddHostedService<PayeesWorker>();
        return services;
    }
}

/// <summary>Reads the payee directory again and again, where one is configured.</summary>
internal sealed class PayeesWorker(PayeeDirectories directories, IOptions<PayeeDirectoryOptions> options, StepLoop loop, TimeProvider time) : BackgroundService
{
    /// <summary>Asked once before anything is served: the first request is else refused for want of an answer that was on its way.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (options.Value.IsOn)
                await directories.RefreshAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // The loop goes on trying, and readiness says what is missing.
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Value.IsOn
        ? loop.RunEveryAsync(Loops.Payees, options.Value.RefreshInterval, directories.RefreshAsync, time, stoppingToken)
        : Task.CompletedTask;
}

using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Storage;

/// <summary>Nothing starts before Redis answers and is found to keep what it is given.</summary>
internal sealed partial class RedisGate(IOptions<RedisOptions> options, TimeProvider time, ILogger<RedisGate> logger)
    : IHostedLifecycleService
{
    /// <summary>How long a server that is still starting is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="OptionsValidationException">The server may forget leases, and configuration does not allow that.</exception>
    /// <exception cref="StoreUnavailableException">No answer in time.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var problems = await FindProblemsAsync(cancellationToken);
        if (problems.Count == 0)
            return;
        if (!options.Value.AllowVolatile)
        {
            throw new OptionsValidationException(
                RedisOptions.Section, typeof(RedisOptions), [.. problems, $"{RedisOptions.Section}:AllowVolatile = true starts all the same."]);
        }

        foreach (var problem in problems)
            LogVolatile(problem);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<IReadOnlyList<string>> FindProblemsAsync(CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await RedisHealth.FindProblemsAsync(options.Value.Connection);
            }
            catch (Exception e) when (RedisFaults.IsFailure(e))
            {
                if (time.GetElapsedTime(since) > Patience)
                    throw new StoreUnavailableException($"Redis did not answer for {Patience.TotalSeconds} s: {e.Message}", e);
                LogWaiting(e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
            }
        }
    }

    [LoggerMessage(EventId = 5001, Level = LogLevel.Warning, Message = "Waiting for Redis: {Problem}")]
    private partial void LogWaiting(string problem);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Warning, Message = "Started on a Redis that may forget leases: {Problem}")]
    private partial void LogVolatile(string problem);
}

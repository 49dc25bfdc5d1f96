using System.Threading.Channels;
using Gateway.Server.Directives;
using Gateway.Server.Storage;

namespace Gateway.Server.Leases;

/// <summary>Brings what other replicas changed to those who wait or watch here.</summary>
/// <remarks>A hint names leases, it does not carry them: they are read again. A hint that gets lost costs time only, since whoever waits also looks by himself.</remarks>
internal sealed partial class HintListener(
    StoreHints hints, LeaseReader reader, LeaseChanges changes, DirectiveHub directives, TimeProvider time, ILogger<HintListener> logger) : BackgroundService
{
    /// <summary>Hints that wait to be read after. More than that come only where this replica cannot keep up anyway.</summary>
    private const int Capacity = 4096;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Channel<LeaseHint> _hints = Channel.CreateBounded<LeaseHint>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var subscription = await SubscribeAsync(stoppingToken);
        try
        {
            await foreach (var hint in _hints.Reader.ReadAllAsync(stoppingToken))
                await TakeAsync(hint, stoppingToken);
        }
        finally
        {
            await EndAsync(subscription);
        }
    }

    /// <summary>Redis may be away at the start. Once there, the connection itself subscribes again after every interruption.</summary>
    private async Task<IAsyncDisposable> SubscribeAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                return await hints.SubscribeAsync(hint => _hints.Writer.TryWrite(hint), _ => directives.Wake(), stoppingToken);
            }
            catch (Exception e) when (e is StoreUnavailableException || RedisFaults.IsUnavailable(e))
            {
                LogNoHints(e.Message);
                await Task.Delay(RetryInterval, time, stoppingToken);
            }
        }
    }

    private async Task TakeAsync(LeaseHint hint, CancellationToken stoppingToken)
    {
        if (!changes.AreWanted(hint.Leases))
            return;
        try
        {
            foreach (var view in await reader.ViewAsync(hint, stoppingToken))
                changes.Publish(view);
        }
        catch (StoreUnavailableException e)
        {
            LogHintLost(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A stored form that this version cannot read, say: it must not keep the next hint from being heard.
            LogFailed(e);
        }
    }

    private static async Task EndAsync(IAsyncDisposable subscription)
    {
        try
        {
            await subscription.DisposeAsync();
        }
        catch (Exception e) when (RedisFaults.IsUnavailable(e))
        {
            // Redis is gone too: it holds no subscription of ours any more.
        }
    }

    [LoggerMessage(EventId = 3011, Level = LogLevel.Warning, Message = "Other replicas are not heard yet: {Problem}")]
    private partial void LogNoHints(string problem);

    [LoggerMessage(EventId = 3012, Level = LogLevel.Warning, Message = "What another replica changed could not be read: {Problem}")]
    private partial void LogHintLost(string problem);

    [LoggerMessage(EventId = 3013, Level = LogLevel.Error, Message = "A hint of another replica could not be followed")]
    private partial void LogFailed(Exception exception);
}

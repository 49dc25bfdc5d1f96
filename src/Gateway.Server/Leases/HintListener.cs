using System.Threading.Channels;
using Gateway.Server.Directives;
using Gateway.Server.Storage;
using Gateway.Server.Workers;

namespace Gateway.Server.Leases;

/// <summary>Hears what other replicas changed, for as long as the gateway runs.</summary>
internal sealed class HintListener(StoreHints hints, HintTaker taker, DirectiveHub directives, StepLoop loop, TimeProvider time) : BackgroundService
{
    /// <summary>Hints that wait to be read after. More than that come only where this replica cannot keep up anyway.</summary>
    private const int Capacity = 4096;

    /// <summary>Bounds one step.</summary>
    private const int Most = 256;

    /// <summary>With nothing to hear: a loop that says nothing for long is taken for dead.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(5);

    private readonly Channel<LeaseHint> _hints = Channel.CreateBounded<LeaseHint>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private IAsyncDisposable? _subscription;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await loop.RunAsync(Loops.Hints, StepAsync, ct => _hints.Reader.WaitAtMostAsync(LongestRest, time, ct), stoppingToken);
        await EndAsync();
    }

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        // Redis may be away at the start. Once there, the connection itself subscribes again after every interruption.
        _subscription ??= await hints.SubscribeAsync(hint => _hints.Writer.TryWrite(hint), _ => directives.Wake(), cancellationToken);
        for (var i = 0; i < Most; i++)
        {
            if (!_hints.Reader.TryRead(out var hint))
                return false;
            await taker.TakeAsync(hint, cancellationToken);
        }

        return true;
    }

    private async Task EndAsync()
    {
        if (_subscription is null)
            return;
        try
        {
            await _subscription.DisposeAsync();
        }
        catch (Exception e) when (RedisFaults.IsUnavailable(e))
        {
            // Redis is gone too: it holds no subscription of ours any more.
        }
    }
}

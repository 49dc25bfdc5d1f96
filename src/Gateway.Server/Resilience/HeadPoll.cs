using System.Threading.Channels;
using Gateway.Chain.Transport;
using Gateway.Server.Settlement;

namespace Gateway.Server.Resilience;

/// <summary>Asks one endpoint for its head now and then: the safety net under its socket, and the probe that lets its open breaker close again.</summary>
internal sealed class HeadPoll(RpcEndpoint endpoint, RpcPool pool, HeadSocket? socket, HeadTiming timing, TimeProvider time)
{
    private readonly ChainPace _pace = new();
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Asks at once: there is, or may be, something new.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        try
        {
            var header = await endpoint.Rpc.GetLatestBlockAsync(cancellationToken);
            _pace.Saw(header.Block.Number, header.Block.Time, header.BaseFee);
        }
        catch (ChainException)
        {
            // Its breaker counts it and tells; the others' polls go on.
        }

        if (pool.Endpoints.Where(e => !e.IsQuarantined).Max(e => e.Head) is { } best)
            socket?.CompareWith(best, HeadTiming.StallAt(_pace.BlockTime));
        return false;
    }

    public async Task RestAsync(CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(timing.PauseAt(_pace.BlockTime), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            await _wakes.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is time.
        }
    }
}

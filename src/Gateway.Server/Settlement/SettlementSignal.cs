using System.Threading.Channels;

namespace Gateway.Server.Settlement;

/// <summary>Wakes the lane's worker: a flow was marked, a block came. It says only "look"; what there is to do stands in Redis and on the chain.</summary>
/// <remarks>Room for one: a wake that comes while another one waits adds nothing, and one that comes while the step runs is not lost.</remarks>
internal sealed class SettlementSignal
{
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Wake() => _wakes.Writer.TryWrite(true);

    /// <summary>Returns at the next wake, or when the time is over.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _wakes.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over: the loop looks by itself.
        }
    }
}

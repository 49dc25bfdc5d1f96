using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>That there is a new block, for whoever follows the chain. A hint: what is true is read from the pool.</summary>
internal sealed class ChainHeads(RpcPool pool, HeadPulse pulse, TimeProvider time)
{
    /// <summary>The newest block that an endpoint has shown, or that its socket has just announced; null before the first one.</summary>
    public BlockNumber? Newest => pool.Endpoints.Where(e => !e.IsQuarantined).Max(e => e.NewestHint);

    /// <summary>Returns as soon as there is a newer block than this one: at once where there is one already, however often blocks came meanwhile.</summary>
    /// <returns>The newest one, or <paramref name="than"/> where none came in time.</returns>
    public async Task<BlockNumber> WaitForNewerAsync(BlockNumber than, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        while (true)
        {
            var next = pulse.Next;
            if (Newest is { } newest && newest > than)
                return newest;
            try
            {
                await next.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return than;
            }
        }
    }
}

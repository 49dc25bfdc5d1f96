using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>That there is a new block, for whoever follows the chain. A hint: what is true is read from the pool.</summary>
internal sealed class ChainHeads(RpcPool pool, HeadPulse pulse, TimeProvider time)
{
    /// <summary>For so long an announcement is reason enough to look at once.</summary>
    private static readonly TimeSpan FreshFor = TimeSpan.FromMilliseconds(50);

    /// <summary>How often to look for a block that was announced a while ago, and that no answer shows yet: the node behind the socket is ahead of the others.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>The newest block that an endpoint has shown, or that its socket has just announced; null before the first one.</summary>
    public BlockNumber? Newest => NewestWithin(EndpointHead.AnnouncementLasts);

    /// <summary>Returns as soon as there is a newer block than this one: at once where there is one already, however often blocks came meanwhile.</summary>
    /// <returns>The newest one, or <paramref name="than"/> where none came in time.</returns>
    public async Task<BlockNumber> WaitForNewerAsync(BlockNumber than, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        while (true)
        {
            var next = pulse.Next;
            if (NewestWithin(FreshFor) is { } fresh && fresh > than)
                return fresh;
            var isAnnounced = Newest > than;
            try
            {
                await next.WaitAsync(isAnnounced ? Pace : Timeout.InfiniteTimeSpan, time, either.Token);
            }
            catch (TimeoutException)
            {
                return Newest is { } newest && newest > than ? newest : than;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return than;
            }
        }
    }

    private BlockNumber? NewestWithin(TimeSpan age) => pool.Endpoints.Where(e => !e.IsQuarantined).Max(e => e.NewestWithin(age));
}

using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Rebuilding;

/// <summary>Keeps whoever opens or asks for a lease from being answered as if it had never been there, while what a lost Redis knew is being read from the chain.</summary>
internal sealed class JournalGate(LaneHighWater highWater, UnclaimedAccounts unclaimed, TimeProvider time)
{
    /// <summary>A gateway that has just started has read it in a moment; a longer wait is the caller's.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);

    /// <exception cref="JournalUnreadException">Not yet; or not of this account, which could not be restored.</exception>
    public async Task WaitAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (!await highWater.IsJournalReadAsync(account, cancellationToken))
        {
            if (time.GetElapsedTime(since) >= Patience)
                throw new JournalUnreadException();
            await Task.Delay(AskEvery, time, cancellationToken);
        }

        // What flows for it by our hand would be taken for its payer's, and paid a second time.
        if (await unclaimed.IsGivenUpAsync(account, cancellationToken))
            throw new JournalUnreadException();
    }

    /// <summary>Asked where a lease is not found: it may be one of those that are missing.</summary>
    /// <exception cref="JournalUnreadException">It may.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken)
    {
        if (!await highWater.IsJournalReadAsync(cancellationToken))
            throw new JournalUnreadException();
    }
}

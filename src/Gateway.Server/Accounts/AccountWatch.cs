using System.Runtime.CompilerServices;
using Gateway.Chain.Transport;
using Gateway.Server.Chains;
using Gateway.Server.Leases;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts;

/// <summary>Too many listen already.</summary>
internal sealed class TooManyWatchersException() : Exception($"More than {AccountWatch.MostWatchers} accounts are being watched here. Ask for the account now and then instead.");

/// <summary>Follows one account for whoever shows it: a snapshot, then each further state, at most one a second.</summary>
/// <remarks>Also for accounts that nobody else looks at, since they have no lease. An account that cannot be looked at for a while is no news.</remarks>
internal sealed class AccountWatch(PayerViews views, ChainReader chain, LeaseChanges changes, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Each may cost a look per block: five views at once, and one read of Redis.</summary>
    public const int MostWatchers = 1000;

    /// <summary>Between two looks of one watcher.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private int _watchers;

    /// <param name="atLeastEvery">Tell it again after so long, though nothing has changed; null: never.</param>
    /// <exception cref="ChainException">The first look failed.</exception>
    /// <exception cref="StoreUnavailableException">The first look failed.</exception>
    /// <exception cref="TooManyWatchersException">The limit is reached.</exception>
    public async IAsyncEnumerable<PayerView> WatchAsync(AccountTarget target, TimeSpan? atLeastEvery, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A gateway that stops must not wait for those who listen for ever.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            if (Interlocked.Increment(ref _watchers) > MostWatchers)
                throw new TooManyWatchersException();
            using var leases = changes.Subscribe(target.Key);
            var told = await views.LookAsync(target, stop.Token);
            var toldAt = time.GetTimestamp();
            yield return told;
            while (await PauseAsync(stop.Token))
            {
                var isDue = atLeastEvery is { } longest && time.GetElapsedTime(toldAt) >= longest;
                if (await NextAsync(told, isDue, leases, stop.Token) is not { } next)
                    continue;
                (told, toldAt) = (next, time.GetTimestamp());
                yield return told;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _watchers);
        }
    }

    /// <returns>False when it is over.</returns>
    private async Task<bool> PauseAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(Pace, time, stop);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>What there is to tell; null: nothing.</summary>
    private async Task<PayerView?> NextAsync(PayerView told, bool isDue, LeaseChanges.Subscription leases, CancellationToken stop)
    {
        // Who was cut off for being slow missed changes: he looks at every turn from then on.
        var hasLeaseChanged = Drain(leases) || leases.Reader.Completion.IsCompleted;
        try
        {
            if (!isDue && !hasLeaseChanged && (await chain.HeadAsync(stop)).Block.Number == told.Seen.Block.Number)
                return null;
            var view = await views.LookAsync(told.Target, stop);
            // A node that is behind shows what was told already.
            if (view.Seen.Block.Number < told.Seen.Block.Number)
                return null;
            return isDue || hasLeaseChanged || !view.IsSameStateAs(told) ? view : null;
        }
        catch (Exception e) when (e is ChainException or StoreUnavailableException or OperationCanceledException)
        {
            return null;
        }
    }

    private static bool Drain(LeaseChanges.Subscription leases)
    {
        var any = false;
        while (leases.Reader.TryRead(out _))
            any = true;
        return any;
    }
}

using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Leases.Requests;

/// <summary>One snapshot of each lease that matches, then every change of them.</summary>
/// <remarks>
/// It listens before it reads, so nothing falls in between; a version that was sent already is not sent again. Whoever reads too slowly is cut off from the
/// changes and gets what he missed by another snapshot.
/// </remarks>
internal sealed class WatchLeases(LeaseChanges changes, LeaseListing listing, LeaseReader reader, IHostApplicationLifetime lifetime)
{
    private const int SnapshotPage = 256;

    /// <param name="send">Sends one; it may take its time.</param>
    /// <returns>When the gateway stops.</returns>
    public async Task RunAsync(LeaseFilter filter, Func<LeaseView, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var sent = new Dictionary<LeaseId, ulong>();
        try
        {
            while (true)
                await FollowAsync(filter, sent, send, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The gateway stops: the stream ends, and the watcher finds another replica.
        }
    }

    /// <returns>When the watcher was cut off from the changes.</returns>
    private async Task FollowAsync(LeaseFilter filter, Dictionary<LeaseId, ulong> sent, Func<LeaseView, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        using var subscription = changes.Subscribe();
        string? pageToken = null;
        do
        {
            var page = await listing.ListAsync(filter, SnapshotPage, pageToken, cancellationToken);
            foreach (var view in await reader.ViewAsync(page.Leases, cancellationToken))
                await OfferAsync(view, filter, sent, send, cancellationToken);
            pageToken = page.NextPageToken;
        }
        while (pageToken is not null);

        await foreach (var view in subscription.Reader.ReadAllAsync(cancellationToken))
            await OfferAsync(view, filter, sent, send, cancellationToken);
    }

    private static async Task OfferAsync(
        LeaseView view, LeaseFilter filter, Dictionary<LeaseId, ulong> sent, Func<LeaseView, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        var lease = view.Lease;
        var matches = filter.Accepts(lease.Account) && filter.Accepts(lease);
        var wasSent = sent.TryGetValue(lease.Id, out var version);
        // One that matched and does no more is sent once again, or its watcher would go on believing what he saw last.
        if (!(matches || wasSent) || (wasSent && version >= lease.Version))
            return;
        await send(view, cancellationToken);
        // Of one that has ended nothing more comes: remembering it would grow with every lease there ever was.
        if (matches && !lease.IsEnded)
            sent[lease.Id] = lease.Version;
        else
            sent.Remove(lease.Id);
    }
}

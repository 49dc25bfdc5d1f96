using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Directives;

/// <summary>Hands directives to one watcher: in order per VM, at least once, and again until they are reported on.</summary>
internal sealed class DirectiveWatch(
    DirectiveLog log, DirectiveHub hub, DirectiveWatchers watchers, IOptions<DirectiveOptions> options, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Directives read at a time.</summary>
    private const int Most = 256;

    /// <summary>A loop that says nothing for long is taken for dead, however seldom it is to poll.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    /// <param name="from">Null: first everything that nobody reported on, then what comes. What was reported is history, and would stop and start VMs once more.</param>
    /// <param name="follow">False: ends after what is there.</param>
    /// <param name="send">Sends one; it may take its time.</param>
    /// <returns>After what is there, or when the gateway stops.</returns>
    public async Task RunAsync(DirectiveCursor? from, bool follow, Func<Wire.Directive, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        using var watching = watchers.Begin();
        try
        {
            var watcher = new Watcher(this, watching, send, from ?? await log.EndAsync(either.Token), either.Token);
            await watcher.RunAsync(follow, isNew: from is null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The gateway stops: the stream ends, and its watcher resumes with his cursor elsewhere.
        }
    }

    /// <summary>One watcher's place in the log.</summary>
    private sealed class Watcher(
        DirectiveWatch owner,
        DirectiveWatchers.Watching watching,
        Func<Wire.Directive, CancellationToken, Task> send,
        DirectiveCursor cursor,
        CancellationToken cancellationToken)
    {
        private readonly Redelivery _again = new(owner.RedeliverAfter, owner.Time);
        private DirectiveCursor _cursor = cursor;

        public async Task RunAsync(bool follow, bool isNew)
        {
            if (isNew)
                await SendAgainAsync(_ => true);
            while (true)
            {
                watching.Beat();
                // Taken before the log is read: what is written from here on wakes this watcher.
                var woken = owner.Hub.Next;
                var more = await SendNewAsync();
                if (_again.Rest == TimeSpan.Zero)
                    await SendAgainAsync(_again.IsDue);
                if (more)
                    continue;
                if (!follow)
                    return;
                await RestAsync(woken);
            }
        }

        private async Task<bool> SendNewAsync()
        {
            var found = await owner.Log.ReadAsync(_cursor, Most, cancellationToken);
            await SendAsync([.. found.Select(f => (f.Directive, f.Cursor))]);
            return found.Count > 0;
        }

        private async Task SendAgainAsync(Func<StoredDirective, bool> isDue)
        {
            _again.Begin();
            var place = DirectiveCursor.Start;
            while (await owner.Log.PendingAsync(place, _cursor, cancellationToken) is { Count: > 0 } waiting)
            {
                // An older one does not move its watcher back: it comes with the place where he stands.
                await SendAsync([.. waiting.Where(isDue).Select(d => (d, _cursor))]);
                place = waiting.Aggregate(place, (p, d) => p.After(d.Id));
            }

            _again.End();
        }

        private async Task SendAsync(List<(StoredDirective Directive, DirectiveCursor Cursor)> directives)
        {
            if (directives.Count == 0)
                return;
            var counts = await owner.Log.DeliverAsync([.. directives.Select(d => d.Directive.Id)], cancellationToken);
            foreach (var ((directive, at), count) in directives.Zip(counts))
            {
                watching.WaitsForScheduler();
                await send(DirectiveMapping.ToWire(directive, at, count), cancellationToken);
                _cursor = at;
                _again.Sent(directive.Id);
                watching.Delivered(directive.Execution, again: count > 1, owner.Time.GetUtcNow() - directive.IssuedAt);
            }
        }

        private async Task RestAsync(Task woken)
        {
            var rest = _again.Rest < owner.PollInterval ? _again.Rest : owner.PollInterval;
            for (; rest > TimeSpan.Zero && !woken.IsCompleted; rest -= LongestSilence)
            {
                try
                {
                    await woken.WaitAsync(rest < LongestSilence ? rest : LongestSilence, owner.Time, cancellationToken);
                }
                catch (TimeoutException)
                {
                    // Nobody called. He looks by himself: a call may have been lost, or it is time to hand something over again.
                    watching.Beat();
                }
            }
        }
    }

    private DirectiveLog Log => log;

    private DirectiveHub Hub => hub;

    private TimeProvider Time => time;

    private TimeSpan RedeliverAfter => options.Value.RedeliverAfter;

    private TimeSpan PollInterval => options.Value.PollInterval;
}

using System.Collections.Concurrent;
using System.Threading.Channels;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;

namespace Gateway.Server.Leases;

/// <summary>A lease with the account that carries it: an answer shows both.</summary>
internal sealed record LeaseView(Lease Lease, Account Account);

/// <summary>Tells those who wait or watch in this process that leases changed. What another replica changed comes in by its hint.</summary>
internal sealed class LeaseChanges(TimeProvider time)
{
    private readonly ConcurrentDictionary<Subscription, bool> _subscriptions = new();

    /// <summary>Called after a commit with what it changed.</summary>
    public void Publish(AccountBook book, IEnumerable<LeaseId> changed)
    {
        if (_subscriptions.IsEmpty)
            return;
        foreach (var id in changed)
        {
            if (book.Leases.TryGetValue(id, out var lease))
                Publish(new LeaseView(lease, book.Account));
        }
    }

    public void Publish(LeaseView view)
    {
        foreach (var subscription in _subscriptions.Keys)
            subscription.Offer(view);
    }

    /// <summary>Whether anybody would hear of a change of these leases; none named: of any.</summary>
    public bool AreWanted(IReadOnlyCollection<LeaseId> leases) => _subscriptions.Keys.Any(s => s.Of is null || leases.Count == 0 || leases.Contains(s.Of));

    /// <summary>Every change from now on. Dispose it.</summary>
    /// <param name="of">One lease, or null for all.</param>
    public Subscription Subscribe(LeaseId? of = null) => Add(new Subscription(this, of, account: null));

    /// <summary>Every change of one account's leases from now on. Dispose it.</summary>
    public Subscription Subscribe(AccountKey account) => Add(new Subscription(this, of: null, account));

    /// <summary>The lease once <paramref name="until"/> holds, or as it stands when the time is over.</summary>
    /// <param name="read">Reads the stored lease: asked first, and again every second, since a hint may be lost.</param>
    public async Task<LeaseView> WaitAsync(
        LeaseId id, Func<CancellationToken, Task<LeaseView>> read, Func<Lease, bool> until, TimeSpan atMost, CancellationToken ct)
    {
        using var subscription = Subscribe(id);
        var deadline = time.GetUtcNow() + atMost;
        var view = await read(ct);
        while (!until(view.Lease) && time.GetUtcNow() < deadline)
        {
            var left = deadline - time.GetUtcNow();
            var next = await subscription.NextAsync(left < PollInterval ? left : PollInterval, time, ct);
            view = next ?? await read(ct);
        }

        return view;
    }

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private Subscription Add(Subscription subscription)
    {
        _subscriptions.TryAdd(subscription, value: true);
        return subscription;
    }

    /// <summary>One listener. A listener that cannot keep up is cut off, and has to start again from a snapshot.</summary>
    internal sealed class Subscription : IDisposable
    {
        private const int Capacity = 4096;

        private readonly Channel<LeaseView> _channel = Channel.CreateBounded<LeaseView>(new BoundedChannelOptions(Capacity) { SingleReader = true });
        private readonly LeaseChanges _owner;
        private readonly AccountKey? _account;

        internal Subscription(LeaseChanges owner, LeaseId? of, AccountKey? account)
        {
            _owner = owner;
            _account = account;
            Of = of;
        }

        internal LeaseId? Of { get; }

        /// <summary>Completes when the listener was too slow.</summary>
        public ChannelReader<LeaseView> Reader => _channel.Reader;

        /// <summary>The next change, or null when <paramref name="atMost"/> is over.</summary>
        public async Task<LeaseView?> NextAsync(TimeSpan atMost, TimeProvider time, CancellationToken ct)
        {
            using var timeout = new CancellationTokenSource(atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
            try
            {
                return await _channel.Reader.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return null; // The time is over: the caller reads the store.
            }
            catch (ChannelClosedException)
            {
                return null; // Cut off: likewise.
            }
        }

        public void Dispose()
        {
            _owner._subscriptions.TryRemove(this, out _);
            _channel.Writer.TryComplete();
        }

        internal void Offer(LeaseView view)
        {
            if ((Of is null || Of == view.Lease.Id) && (_account is null || _account == view.Lease.Account) && !_channel.Writer.TryWrite(view))
                Dispose();
        }
    }
}

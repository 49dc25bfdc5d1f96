using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Chain.Tests.Transport;

/// <summary>A clock that stands until a test moves it, and knows who waits for what, so that no test moves it too early.</summary>
internal sealed class ObservedClock : FakeTimeProvider
{
    private readonly Lock _lock = new();
    private readonly HashSet<Waiter> _waiters = [];
    private readonly Channel<bool> _begun = Channel.CreateUnbounded<bool>();

    /// <summary>How often anybody began to wait.</summary>
    public int Begun { get; private set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var waiter = new Waiter(this, GetUtcNow() + dueTime);
        waiter.Timer = base.CreateTimer(
            s =>
            {
                waiter.End();
                callback(s);
            },
            state,
            dueTime,
            period);
        lock (_lock)
        {
            _waiters.Add(waiter);
            Begun++;
        }

        _begun.Writer.TryWrite(true);
        return waiter;
    }

    /// <summary>Lets this time pass as soon as somebody waits for exactly that long from now.</summary>
    public async Task PassAsync(TimeSpan dueTime)
    {
        await AwaitedAsync(dueTime);
        Advance(dueTime);
    }

    /// <summary>Returns when somebody waits for exactly that long from now.</summary>
    public async Task AwaitedAsync(TimeSpan dueTime)
    {
        while (!IsAwaited(GetUtcNow() + dueTime))
            await _begun.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Returns when somebody has begun to wait since <see cref="Begun"/> was <paramref name="before"/>.</summary>
    public async Task BegunSinceAsync(int before)
    {
        while (Begun <= before)
            await _begun.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }

    private bool IsAwaited(DateTimeOffset at)
    {
        lock (_lock)
            return _waiters.Any(w => w.At == at);
    }

    private sealed class Waiter(ObservedClock clock, DateTimeOffset at) : ITimer
    {
        public DateTimeOffset At => at;

        public ITimer? Timer { get; set; }

        public void End()
        {
            lock (clock._lock)
                clock._waiters.Remove(this);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => Timer?.Change(dueTime, period) ?? false;

        public void Dispose()
        {
            End();
            Timer?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}

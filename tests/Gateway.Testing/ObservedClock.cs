using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Testing;

/// <summary>A clock that stands until a test moves it, and knows who waits for what, so that no test moves it too early.</summary>
public class ObservedClock : FakeTimeProvider
{
    private readonly Lock _lock = new();
    private readonly HashSet<Waiter> _waiters = [];
    private readonly Channel<bool> _begun = Channel.CreateUnbounded<bool>();

    public ObservedClock()
        : base(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000))
    {
    }

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

    /// <summary>Returns when somebody, or so many at once, waits for exactly that long from now.</summary>
    public async Task AwaitedAsync(TimeSpan dueTime, int waiters = 1)
    {
        while (WaitersAt(GetUtcNow() + dueTime) < waiters)
            await _begun.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Returns when somebody has begun to wait since <see cref="Begun"/> was <paramref name="before"/>.</summary>
    public async Task BegunSinceAsync(int before)
    {
        while (Begun <= before)
            await _begun.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }

    private int WaitersAt(DateTimeOffset at)
    {
        lock (_lock)
            return _waiters.Count(w => w.At == at);
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

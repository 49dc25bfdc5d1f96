namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>One thread and a queue of events: whatever waits, waits for an event, and time is what the next event says. So one seed is always one story.</summary>
internal sealed class VirtualTime : TaskScheduler
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly Queue<Task> _ready = new();
    private readonly Thread _thread = Thread.CurrentThread;
    private long _order;

    /// <summary>In ticks of 100 ns, from the beginning.</summary>
    public long Now { get; private set; }

    /// <summary>Of all events so far and their order.</summary>
    public int Fingerprint { get; private set; }

    public override int MaximumConcurrencyLevel => 1;

    public void After(TimeSpan delay, Action what) => At(Now + Math.Max(0, delay.Ticks), what);

    public void At(long ticks, Action what) => _events.Enqueue(what, (Math.Max(ticks, Now), _order++));

    /// <summary>Begins something that runs beside everything else.</summary>
    /// <param name="what">Looks after its exceptions itself.</param>
    public void Begin(Func<Task> what) => new Task<Task>(what).Start(this);

    /// <summary>Lets events happen, up to an instant, until <paramref name="isOver"/>.</summary>
    public void RunUntil(long ticks, Func<bool> isOver)
    {
        Drain();
        while (!isOver() && _events.TryPeek(out var what, out var due) && due.At <= ticks)
        {
            _events.Dequeue();
            Now = due.At;
            Fingerprint = unchecked((Fingerprint * 31) + (int)due.At + (int)due.Order);
            what();
            Drain();
        }

        Now = Math.Max(Now, Math.Min(ticks, _events.Count == 0 || isOver() ? Now : ticks));
    }

    protected override void QueueTask(Task task)
    {
        if (Thread.CurrentThread != _thread)
            throw new InvalidOperationException("Something of the simulation runs on another thread: its order would be chance.");
        _ready.Enqueue(task);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => !taskWasPreviouslyQueued && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => _ready;

    private void Drain()
    {
        while (_ready.TryDequeue(out var task))
            TryExecuteTask(task);
    }
}

/// <summary>The clock of one process: its wall clock may be wrong, and while it is frozen no timer of it fires.</summary>
internal sealed class ProcessClock(VirtualTime time) : TimeProvider
{
    private static readonly DateTimeOffset Beginning = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private long _frozenUntil;

    /// <summary>How far the wall clock is ahead.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>Killed: nothing of it happens any more.</summary>
    public bool IsDead { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public static DateTimeOffset InstantOf(long ticks) => Beginning.AddTicks(ticks);

    public override DateTimeOffset GetUtcNow() => InstantOf(time.Now) + Skew;

    // The monotonic clock runs on while a process is stopped, and does not jump.
    public override long GetTimestamp() => time.Now;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public void FreezeFor(TimeSpan duration) => _frozenUntil = Math.Max(_frozenUntil, time.Now + duration.Ticks);

    public bool IsFrozen => time.Now < _frozenUntil;

    /// <summary>Has this process do something later: when it is awake, unless it is dead by then.</summary>
    public void After(TimeSpan delay, Action what) => time.After(delay, () => Wake(what));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Wake(Action what)
    {
        if (IsDead)
            return;
        if (time.Now < _frozenUntil)
            time.At(_frozenUntil, () => Wake(what));
        else
            what();
    }

    // Of one shot, as a delay needs it.
    private sealed class Timer(ProcessClock clock, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var version = ++_version;
            if (dueTime == Timeout.InfiniteTimeSpan)
                return true;
            clock.After(dueTime, () =>
            {
                if (version == _version)
                    callback(state);
            });
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

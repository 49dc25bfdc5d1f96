namespace Gateway.Benchmarks.Running;

/// <summary>Raw measurements of one kind. Percentiles come from the samples themselves (nearest rank), never from buckets.</summary>
internal sealed class Samples
{
    private readonly List<TimeSpan> _all = [];
    private readonly Lock _lock = new();

    public int Count
    {
        get
        {
            lock (_lock)
                return _all.Count;
        }
    }

    public void Add(TimeSpan sample)
    {
        lock (_lock)
            _all.Add(sample);
    }

    /// <summary>The smallest sample that at least so many per cent of all do not exceed; zero where there is none.</summary>
    public TimeSpan Percentile(int percent)
    {
        lock (_lock)
        {
            if (_all.Count == 0)
                return TimeSpan.Zero;
            var sorted = _all.Order().ToList();
            return sorted[Math.Max(0, ((sorted.Count * percent) + 99) / 100 - 1)];
        }
    }

    /// <summary>How many of a hundred are not above the bound.</summary>
    public double PercentWithin(TimeSpan bound)
    {
        lock (_lock)
            return _all.Count == 0 ? 0 : 100.0 * _all.Count(s => s <= bound) / _all.Count;
    }

    /// <summary>Count, p50, p90, p99 and the largest, in milliseconds: cells of a table.</summary>
    public string[] Cells() =>
        [Count.ToString(), Milliseconds(Percentile(50)), Milliseconds(Percentile(90)), Milliseconds(Percentile(99)), Milliseconds(Percentile(100))];

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds < 10 ? $"{time.TotalMilliseconds:0.0}" : $"{time.TotalMilliseconds:0}";
}

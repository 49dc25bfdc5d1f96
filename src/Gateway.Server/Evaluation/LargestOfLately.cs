namespace Gateway.Server.Evaluation;

/// <summary>The largest of what was told in the last minute or two: what a gauge shows of many.</summary>
internal sealed class LargestOfLately(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _since = time.GetTimestamp();
    private double _now;
    private double _before;

    public void Tell(double value)
    {
        lock (_lock)
        {
            Turn_NeedsLock();
            _now = Math.Max(_now, value);
        }
    }

    public double Read()
    {
        lock (_lock)
        {
            Turn_NeedsLock();
            return Math.Max(_now, _before);
        }
    }

    private void Turn_NeedsLock()
    {
        var elapsed = time.GetElapsedTime(_since);
        if (elapsed < Window)
            return;
        _before = elapsed < 2 * Window ? _now : 0;
        _now = 0;
        _since = time.GetTimestamp();
    }
}

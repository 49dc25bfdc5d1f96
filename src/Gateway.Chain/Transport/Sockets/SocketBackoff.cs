namespace Gateway.Chain.Transport;

/// <summary>How long to wait before connecting again: doubling, jittered, and never nothing, so that a server which hangs up at once is not hammered.</summary>
/// <param name="jitter">A number from 0 to below 1, anew each time.</param>
internal sealed class SocketBackoff(SocketOptions options, Func<double> jitter)
{
    private int _failures;

    /// <param name="lived">How long the connection that has just ended had stood.</param>
    public TimeSpan Next(TimeSpan lived)
    {
        if (lived > options.LongestBackoff)
            _failures = 0;
        var longest = Math.Min(options.FirstBackoff.Ticks << Math.Min(_failures, 20), options.LongestBackoff.Ticks);
        _failures++;
        // At least half of it: many gateways must not come back in step, and none at once.
        return TimeSpan.FromTicks((longest / 2) + (long)(longest / 2 * jitter()));
    }
}

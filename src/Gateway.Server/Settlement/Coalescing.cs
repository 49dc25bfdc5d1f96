namespace Gateway.Server.Settlement;

/// <summary>When a change goes at once, and when it waits for others to share an operation and a transaction with.</summary>
/// <remarks>
/// On a lane that has been calm a change goes at once. Soon after a transaction it waits until nothing new has come for a moment, or until its account has
/// waited for the window: so a flow under churn costs one operation a window, not one a block, and its burst is over when the last change is. What is urgent
/// has a window of zero.
/// </remarks>
internal static class Coalescing
{
    /// <summary>A burst is over when nothing came for so long.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(400);

    /// <param name="oldestMark">Of the account's changes that are not settled yet.</param>
    /// <param name="newestMark">Of any account's, as far as this process knows.</param>
    /// <param name="lastOpened">When the lane last sent something new; null: not since this process started.</param>
    /// <param name="window">Longest wait; zero: nothing waits.</param>
    public static DateTimeOffset RipeAt(DateTimeOffset oldestMark, DateTimeOffset newestMark, DateTimeOffset? lastOpened, TimeSpan window)
    {
        var isCalm = lastOpened is not { } last || oldestMark - last >= window;
        if (isCalm)
            return oldestMark;
        var (quiet, most) = (newestMark + Quiet, oldestMark + window);
        return quiet < most ? quiet : most;
    }
}

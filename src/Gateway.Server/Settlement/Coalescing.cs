namespace Gateway.Server.Settlement;

/// <summary>When a change goes at once, and when it waits for others to share an operation and a transaction with.</summary>
/// <remarks>
/// A change that comes alone goes at once. In a burst it waits until nothing new has come for a moment, or until its account has waited for the window: so a
/// flow under churn costs one operation a window, not one a block, and its burst is over when the last change is. What is urgent has a window of zero.
/// </remarks>
internal static class Coalescing
{
    /// <summary>A burst is over when nothing came for so long; what comes sooner after another change is part of one.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(400);

    /// <summary>Whether the changes that are taken over now are part of a burst.</summary>
    /// <param name="newestMark">When others were taken over before them.</param>
    /// <param name="accounts">Whose they are: several at once are a burst however long the step before took, in which nobody looked.</param>
    public static bool IsBurst(DateTimeOffset newestMark, DateTimeOffset now, int accounts) => accounts > 1 || now - newestMark <= Quiet;

    /// <param name="oldestMark">Of the account's changes that are not settled yet.</param>
    /// <param name="newestMark">Of any account's, as far as this process knows.</param>
    /// <param name="isBurst">Of the newest ones.</param>
    /// <param name="window">Longest wait; zero: nothing waits.</param>
    public static DateTimeOffset RipeAt(DateTimeOffset oldestMark, DateTimeOffset newestMark, bool isBurst, TimeSpan window)
    {
        if (!isBurst)
            return oldestMark;
        var (quiet, most) = (newestMark + Quiet, oldestMark + window);
        return quiet < most ? quiet : most;
    }
}

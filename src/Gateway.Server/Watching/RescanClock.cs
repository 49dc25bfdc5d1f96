using Gateway.Domain.Identity;

namespace Gateway.Server.Watching;

/// <summary>How far the re-scan may go: to what was followed a moment ago, so that every endpoint has had the time to get it.</summary>
/// <remarks>By time, not by blocks: on an idle chain the last block stays the last one, and its logs are worth as much as any.</remarks>
internal sealed class RescanClock(TimeProvider time)
{
    public static readonly TimeSpan RipensIn = TimeSpan.FromSeconds(1);

    /// <summary>How long a second endpoint's word is waited for. Longer would hold up what the only one at hand may tell better by now.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private Mark? _mark;

    /// <summary>The block to go to has been waited for long enough.</summary>
    public bool HasWaitedEnough => _mark is { } mark && time.GetElapsedTime(mark.At) >= Patience;

    /// <param name="followed">What the watcher has taken over.</param>
    /// <param name="last">What was asked for again already.</param>
    /// <returns>How far to go now; null: nowhere yet.</returns>
    public BlockNumber? RipeAt(BlockNumber followed, BlockNumber last)
    {
        if (_mark is { } old && (old.Through <= last || old.Through > followed))
            _mark = null; // Done, by this replica or by another one; or the chain was set back.
        if (_mark is not { } mark)
        {
            if (followed > last)
                _mark = new Mark(followed, time.GetTimestamp());
            return null;
        }

        return time.GetElapsedTime(mark.At) >= RipensIn ? mark.Through : null;
    }

    private sealed record Mark(BlockNumber Through, long At);
}

using Gateway.Domain.Identity;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;

namespace Gateway.Server.Watching;

/// <summary>Whether the chain is being followed: what an endpoint has shown a while ago must have been taken over by now.</summary>
/// <remarks>
/// Asked of blocks that were shown, never of the age of the last one: a chain without blocks is idle, not lost. The cursor is everybody's, so one replica
/// that follows keeps all of them well; a replica whose own loop stands still says so by its heartbeat.
/// </remarks>
internal sealed partial class StallStep(RpcPool rpc, WatcherCursorStore cursors, WatchMetrics metrics, TimeProvider time, ILogger<StallStep> logger)
{
    /// <summary>Far above the time in which a block is taken over; a long way of catching up is told as well.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private Shown? _shown;
    private string? _trouble;

    /// <summary>What is wrong, for people; null where nothing is.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <exception cref="StoreUnavailableException">Redis has no answer: nothing is known.</exception>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        if (rpc.Endpoints.Where(e => !e.IsQuarantined).Max(e => e.Head) is not { } newest)
            return; // No endpoint has answered yet: the check of the chain says so.
        var followed = (await cursors.ReadAsync(cancellationToken))?.Number;
        if (_shown is not { } shown || followed >= shown.Block)
            _shown = shown = new Shown(newest, time.GetTimestamp());
        var behind = followed >= newest ? 0 : newest.Value - (followed?.Value ?? 0);
        Judge(followed, shown, behind);
        metrics.Follows(behind, isStalled: Trouble is not null);
    }

    private void Judge(BlockNumber? followed, Shown shown, ulong behind)
    {
        if (followed >= shown.Block || time.GetElapsedTime(shown.At) < Longest)
        {
            if (followed >= shown.Block && Trouble is not null)
            {
                LogFollowing(followed.Value);
                Volatile.Write(ref _trouble, null);
            }

            return;
        }

        if (Trouble is null)
            LogStalled(shown.Block, (long)time.GetElapsedTime(shown.At).TotalSeconds, followed);
        Volatile.Write(
            ref _trouble,
            followed is { } at
                ? $"Block {shown.Block} was shown {time.GetElapsedTime(shown.At).TotalSeconds:0} s ago, and the chain is followed up to {at}, {behind} blocks behind."
                : $"Block {shown.Block} was shown {time.GetElapsedTime(shown.At).TotalSeconds:0} s ago, and the chain is not followed at all.");
    }

    [LoggerMessage(EventId = 8010, Level = LogLevel.Error, Message = "The chain is not followed: block {Shown} was shown {Seconds} s ago, the cursor is at {Followed}")]
    private partial void LogStalled(BlockNumber shown, long seconds, BlockNumber? followed);

    [LoggerMessage(EventId = 8011, Level = LogLevel.Information, Message = "The chain is followed again, up to block {Followed}")]
    private partial void LogFollowing(BlockNumber followed);

    private sealed record Shown(BlockNumber Block, long At);
}

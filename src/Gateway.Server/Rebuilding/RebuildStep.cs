using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;

namespace Gateway.Server.Rebuilding;

/// <summary>Reads the journal on chain where Redis was found to have lost what it told, and says when that is done. Only the lane's leader does.</summary>
/// <remarks>
/// Leases come back at the first pass. But what was handed over just before the loss may be executed after it, and then stands in the journal only then: it is
/// said to be read once a pass began after the lane's quiet time. A lease that is opened before could take its own flow for somebody else's.
/// </remarks>
internal sealed class RebuildStep(
    LaneHighWater highWater, LaneLeadership leadership, RebuildPass pass, RebuildTeller teller, SettlementSignal settlement, TimeProvider time)
{
    private DateTimeOffset? _lossOf;
    private RebuildProgress? _progress;
    private bool _isReadOnce;

    /// <summary>The last run ended since its time was over: the next one goes on at once.</summary>
    public bool HasMore { get; private set; }

    /// <returns>Whether anything was missing.</returns>
    public async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        HasMore = false;
        if (!leadership.MayAct)
        {
            teller.NotLeading();
            return false;
        }

        var stored = await highWater.ReadAsync(newestConsumed: null, cancellationToken);
        // A lane that was not looked at yet is not known to have lost anything.
        if (stored.Mark is null)
            return false;
        // One server of a cluster may have lost its part alone, and nobody knows since when.
        var isLaneComplete = stored.IsJournalRead;
        if (isLaneComplete && await highWater.IsJournalReadAsync(cancellationToken))
        {
            _progress = null;
            await teller.ReadAsync(cancellationToken);
            return false;
        }

        var progress = ProgressFor(stored.QuietUntil, isLaneComplete ? null : stored.JournalFrom);
        var isQuietOver = !(time.GetUtcNow() < stored.QuietUntil);
        if (_isReadOnce && !isQuietOver)
            return true;
        var outcome = await pass.RunAsync(progress, dryRun: false, cancellationToken);
        HasMore = outcome.HasMore;
        if (!outcome.IsWhole || !progress.Believes())
            return true;
        if (!isQuietOver)
        {
            // What was stored so far may be lost once more meanwhile, in part and unnoticed; comparing costs little, reading the journal does not.
            progress.CompareAgain();
            _isReadOnce = true;
            return true;
        }

        _isReadOnce = false;
        if (await highWater.JournalReadAsync(outcome.Through, stored.QuietUntil, cancellationToken))
            settlement.Wake();
        return true;
    }

    /// <summary>Another loss takes along what came back after the one before: only for the same one it is gone on.</summary>
    private RebuildProgress ProgressFor(DateTimeOffset? loss, BlockNumber? from)
    {
        if (_progress is { } known && _lossOf == loss && known.From == from)
            return known;
        (_lossOf, _isReadOnce) = (loss, false);
        return _progress = new RebuildProgress(from);
    }
}

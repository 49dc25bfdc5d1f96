using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;

namespace Gateway.Server.Rebuilding;

/// <summary>Reads the journal on chain where Redis was found to have lost what it told, and says when that is done. Only the lane's leader does.</summary>
internal sealed class RebuildStep(LaneHighWater highWater, LaneLeadership leadership, RebuildPass pass, SettlementSignal settlement)
{
    /// <returns>Whether anything was missing.</returns>
    public async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (!leadership.MayAct)
            return false;
        var stored = await highWater.ReadAsync(newestConsumed: null, cancellationToken);
        // A lane that was not looked at yet is not known to have lost anything.
        if (stored.Mark is null)
            return false;
        // One server of a cluster may have lost its part alone, and nobody knows since when.
        var isLaneComplete = stored.IsJournalRead;
        if (isLaneComplete && await highWater.IsJournalReadAsync(cancellationToken))
            return false;

        BlockNumber? from = isLaneComplete ? null : stored.JournalFrom;
        var outcome = await pass.RunAsync(from, dryRun: false, cancellationToken);
        await highWater.JournalReadAsync(outcome.Through, cancellationToken);
        settlement.Wake();
        return true;
    }
}

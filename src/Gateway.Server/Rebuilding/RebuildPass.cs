using System.Collections.Concurrent;
using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;

namespace Gateway.Server.Rebuilding;

/// <summary>Reads the journal on chain and brings back what Redis lost of it (chain-and-transactions.md §5, "Rebuild"). Twice is once.</summary>
internal sealed partial class RebuildPass(
    RpcPool rpc, ChainDirectory directory, AccountRebuild accounts, EvaluationRunner runner, RebuildMetrics metrics, ILogger<RebuildPass> logger)
{
    private const int AtATime = 16;

    /// <param name="from">Everything before is known to be stored; null: nothing is.</param>
    /// <param name="dryRun">Says what would come of it, and changes nothing.</param>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked: to be repeated.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer: likewise.</exception>
    public async Task<RebuildOutcome> RunAsync(BlockNumber? from, bool dryRun, CancellationToken cancellationToken)
    {
        var deployed = directory.Deployment.DeployBlock;
        var first = from is { } block && block > deployed ? block : deployed;
        var head = (await rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var journal = new JournalLogs(rpc, directory);
        var operations = await journal.ReadAsync(first, head.Number, cancellationToken);
        if (journal.IsDisputed)
            LogDisputed(first, head.Number);

        var restored = new ConcurrentBag<RestoredAccount>();
        var changed = new ConcurrentBag<AccountKey>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(operations.GroupBy(o => o.Flow.Account), options, async (account, ct) =>
        {
            if (await TryAsync(account.Key, [.. account], head, dryRun, ct) is not { } result)
                return;
            restored.Add(result);
            if (!result.Held.IsEmpty || !result.Doubtful.IsEmpty || result.Leases.Any(l => l.IsNew))
                changed.Add(account.Key);
        });
        var outcome = new RebuildOutcome(first, head.Number, operations.Count, [.. restored]);
        if (!dryRun)
        {
            Tell(outcome);
            // What others did since our own last operations; whoever cannot be looked at now comes with the next audit.
            await runner.RunAsync(changed.ToImmutableHashSet(), at: null, cancellationToken);
        }

        return outcome;
    }

    private async Task<RestoredAccount?> TryAsync(
        AccountKey account, IReadOnlyList<OwnOperation> operations, BlockRef head, bool dryRun, CancellationToken cancellationToken)
    {
        try
        {
            return await accounts.RunAsync(account, operations, head, dryRun, cancellationToken);
        }
        catch (StoredFormException e)
        {
            // It can be read by nobody else either: no lease is opened on it before somebody mends it.
            LogUnreadable(e, account);
            return null;
        }
    }

    private void Tell(RebuildOutcome outcome)
    {
        var (leases, orphans) = (outcome.Leases.Where(l => l.IsNew).ToList(), outcome.Unexplained.Where(f => f.IsOrphan).ToList());
        metrics.Restored(leases.Count, outcome.Held.Count());
        metrics.ShowOrphans(orphans.Count);
        foreach (var lease in leases)
            LogRestored(lease.Lease.Id, lease.Lease.Account, lease.Lease.Rate);
        foreach (var lease in outcome.Held)
            LogHeld(lease);
        foreach (var lease in outcome.Doubtful)
            LogDoubtful(lease);
        foreach (var flow in orphans)
            LogOrphan(flow.Flow, flow.Rate, flow.Unclaimed, flow.UnclaimedLeases);
        LogRead(outcome.From, outcome.Through, outcome.Flows, leases.Count, orphans.Count);
    }

    [LoggerMessage(EventId = 9101, Level = LogLevel.Warning, Message = "The journal on chain was read from block {From} to {Through}: {Flows} flows, {Leases} leases restored, {Orphans} flows that nobody's lease explains.")]
    private partial void LogRead(BlockNumber from, BlockNumber through, int flows, int leases, int orphans);

    [LoggerMessage(EventId = 9102, Level = LogLevel.Warning, Message = "Lease {Lease} of {Account} was restored from the journal at {Rate}: its scheduler should open it again.")]
    private partial void LogRestored(LeaseId lease, AccountKey account, FlowRate rate);

    [LoggerMessage(EventId = 9103, Level = LogLevel.Error, Message = "Lease {Lease} is held: after the state that Redis was set back to, our own operations no longer paid it.")]
    private partial void LogHeld(LeaseId lease);

    [LoggerMessage(EventId = 9104, Level = LogLevel.Error, Message = "{Flow} flows at {Rate} by our hand; {Unclaimed} of it was for {Leases} leases that nobody can name until they are opened again.")]
    private partial void LogOrphan(FlowKey flow, FlowRate rate, FlowRate unclaimed, uint leases);

    [LoggerMessage(EventId = 9106, Level = LogLevel.Error, Message = "Endpoints tell different logs of blocks {From} to {Through}: what any of them has is taken.")]
    private partial void LogDisputed(BlockNumber from, BlockNumber through);

    [LoggerMessage(EventId = 9105, Level = LogLevel.Critical, Message = "The account {Account} cannot be restored: what is stored of it cannot be read.")]
    private partial void LogUnreadable(Exception exception, AccountKey account);

    [LoggerMessage(EventId = 9107, Level = LogLevel.Error, Message = "Lease {Lease} stands in the journal and was not restored: others have changed a flow of it since. What is left of it waits until it is opened again.")]
    private partial void LogDoubtful(LeaseId lease);
}

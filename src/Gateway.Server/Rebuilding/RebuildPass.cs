using System.Collections.Concurrent;
using System.Collections.Immutable;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;

namespace Gateway.Server.Rebuilding;

/// <summary>Reads the journal on chain and brings back what Redis lost of it (chain-and-transactions.md §5, "Rebuild"). Twice is once.</summary>
internal sealed class RebuildPass(
    RpcPool rpc, ChainDirectory directory, AccountRebuild accounts, EvaluationRunner runner, RebuildTeller teller, TimeProvider time)
{
    /// <summary>Of reading, and of storing what was read, in one call: a loop that finishes no step for half a minute is taken for dead.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(5);

    private const int AtATime = 16;

    /// <summary>Goes on where <paramref name="progress"/> is, for some seconds. An account that cannot be restored is told of and left for the next time.</summary>
    /// <param name="dryRun">Says what would come of it, and changes nothing.</param>
    /// <exception cref="ChainException">The journal cannot be read to its end: to be repeated.</exception>
    /// <exception cref="JournalAheadException">It would begin after the newest block.</exception>
    public async Task<RebuildOutcome> RunAsync(RebuildProgress progress, bool dryRun, CancellationToken cancellationToken)
    {
        var head = (await rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var scan = progress.ScanFrom(directory.Deployment.DeployBlock);
        if (!await new JournalLogs(rpc, directory, time).ReadOnAsync(scan, head.Number, Most, cancellationToken))
            return new RebuildOutcome(scan.From, scan.Next, scan.Newest.Count, [.. progress.Restored], [.. progress.Failed]) { HasMore = true };

        var since = time.GetTimestamp();
        var hasMore = false;
        var restored = new ConcurrentDictionary<AccountKey, RestoredAccount>();
        var failed = new ConcurrentBag<FailedAccount>();
        var left = scan.Newest.GroupBy(o => o.Flow.Account).Where(a => !progress.IsRestored(a.Key, a)).OrderBy(a => progress.HasFailed(a.Key)); // Those last: they may take all the time there is.
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(left, options, async (account, ct) =>
        {
            if (time.GetElapsedTime(since) >= Most)
            {
                hasMore = true;
                return;
            }

            try
            {
                var result = await accounts.RunAsync(account.Key, [.. account], head, dryRun, ct);
                progress.Has(account.Key, head.Number, result);
                restored[account.Key] = result;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The chain or the store has no answer for it, a stored form is broken, or it is a bug: none of it may keep the next account waiting.
                var (isOutage, now) = (IsOutage(e), time.GetUtcNow());
                var failure = new FailedAccount(account.Key, e.Message, e is StoredFormException) { IsGivenUp = !isOutage && progress.IsLastTry(account.Key, now) };
                if (failure.IsGivenUp && !dryRun)
                    await accounts.GiveUpAsync(account.Key, ct);
                if (progress.Lacks(failure, isOutage, now))
                    failed.Add(failure);
            }
        });
        var outcome = new RebuildOutcome(scan.From, head.Number, scan.Newest.Count, [.. progress.Restored], [.. progress.Failed]) { HasMore = hasMore };
        if (!dryRun)
        {
            teller.Tell(outcome, [.. restored.Values], failed, scan.IsDisputed);
            // What others did since our own last operations; whoever cannot be looked at now comes with the next audit.
            await runner.RunAsync(restored.Where(r => r.Value.IsNews).Select(r => r.Key).ToImmutableHashSet(), at: null, cancellationToken);
        }

        return outcome;
    }

    /// <summary>Nobody has an answer now, for this account or for any. A chain that contradicts itself, or refuses, has one.</summary>
    private static bool IsOutage(Exception e) =>
        e is StoreUnavailableException or RpcFailedException { Failure: not (RpcFailure.Contradictory or RpcFailure.Malformed) };
}

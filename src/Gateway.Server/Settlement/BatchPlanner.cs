using System.Collections.Concurrent;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Gateway.Server.Chains;
using Gateway.Server.Storage;

namespace Gateway.Server.Settlement;

/// <param name="LookAgain">Some due flows were not looked at, and those that were gave room.</param>
internal sealed record PlannedBatch(BatchDraft Draft, bool LookAgain);

/// <summary>Due flows, the most urgent first, to what one transaction can carry of them.</summary>
internal sealed partial class BatchPlanner(LanePorts ports, AccountScout scout, ILogger<BatchPlanner> logger)
{
    /// <summary>Accounts read in one round. A transaction carries some eighty operations; the rest may turn out to need none.</summary>
    private const int MostAccounts = 128;

    private const int ReadAtOnce = 16;

    public async Task<PlannedBatch> PlanAsync(LaneRound round, IReadOnlyList<LaneFlow> due, CancellationToken cancellationToken)
    {
        var accounts = due.GroupBy(f => f.Flow.Account).Take(MostAccounts).Select((group, order) => (group.Key, Flows: group.ToList(), Order: order)).ToList();

        var drafts = new ConcurrentDictionary<int, DraftedAccount>();
        var failures = new ConcurrentBag<ChainException>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = ReadAtOnce, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(accounts, options, async (account, ct) =>
        {
            if (await DraftAsync(round, account.Key, account.Flows, failures, ct) is { } draft)
                drafts[account.Order] = draft;
        });
        // One account that cannot be read is its own affair; all of them are the chain's.
        if (drafts.IsEmpty && failures.TryPeek(out var failure))
            throw failure;

        var inOrder = drafts.OrderBy(d => d.Key).Select(d => d.Value).ToDictionary(d => d.Plan.Account);
        var packed = BatchPacker.Pack([.. inOrder.Values.Select(d => d.Plan)], round.Bound, GasTable.Measured);
        var lookedAt = accounts.Sum(a => a.Flows.Count);
        return new PlannedBatch(
            new BatchDraft([.. packed.Groups.Select(g => inOrder[g.Account].With(g.Steps))]), LookAgain: lookedAt < due.Count && packed.Groups.IsEmpty);
    }

    private async Task<DraftedAccount?> DraftAsync(
        LaneRound round, AccountKey account, List<LaneFlow> flows, ConcurrentBag<ChainException> failures, CancellationToken cancellationToken)
    {
        try
        {
            return await scout.DraftAsync(round, account, flows, cancellationToken);
        }
        catch (ChainException e) when (e.IsRetryable)
        {
            failures.Add(e);
            return null;
        }
        catch (Exception e) when (e is ChainException or ChainUnverifiedException or StoredFormException)
        {
            // A token that is no super token or no longer one of ours, a damaged record: of one account, and not soon over.
            LogUnreadable(e, account);
            foreach (var flow in flows)
                await ports.Lane.BackOffAsync(flow.Flow, flow.Generation, ports.Now + BackOff.After(flow.Fails), e.Message, cancellationToken);
            return null;
        }
    }

    [LoggerMessage(EventId = 7160, Level = LogLevel.Error, Message = "The account {Account} cannot be settled: it cannot be read.")]
    private partial void LogUnreadable(Exception exception, AccountKey account);
}

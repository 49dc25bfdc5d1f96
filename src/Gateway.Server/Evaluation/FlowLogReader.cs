using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Resilience;

namespace Gateway.Server.Evaluation;

/// <summary>Who changed an account's flows between two looks, from the logs of the blocks between them.</summary>
internal sealed class FlowLogReader(RpcPool rpc, ChainDirectory directory)
{
    /// <summary>Blocks of which all flow logs are asked at once; beyond that the transactions are found by the payer first.</summary>
    private const ulong NarrowRange = 512;

    /// <summary>Blocks that one request asks for: public endpoints take about 2,000, and those that take less say so.</summary>
    private const ulong RequestRange = 1000;

    private readonly EndingClassifier _classifier = new(directory.Operator, directory.Deployment.Automations);
    private readonly SuperfluidContracts _contracts = directory.Deployment.Contracts;

    /// <summary>Changes of the account's flows in the blocks (<paramref name="after"/>, <paramref name="to"/>], in the order of the chain.</summary>
    /// <param name="rates">The flows' rates after block <paramref name="after"/>, by payee.</param>
    /// <param name="ofAll">Asks every endpoint, since what one told does not account for what is seen.</param>
    public async Task<ImmutableArray<FlowChange>> ReadAsync(
        AccountKey account, IReadOnlyDictionary<Address, FlowRate> rates, BlockNumber after, BlockRef to, bool ofAll, CancellationToken cancellationToken)
    {
        if (to.Number <= after)
            return [];
        var logs = to.Number.Value - after.Value <= NarrowRange
            ? await AskAsync(
                after.Plus(1), to.Number, (from, end) => LogFilter.OfRange(from, end, [_contracts.Cfa, account.SuperToken], [.. FlowEvents.Topics]), ofAll, cancellationToken)
            : await ReadByPayerAsync(account, after, to.Number, ofAll, cancellationToken);
        var updates = FlowEvents.Read(logs, _contracts.Cfa).Where(u => u.Flow.Account == account).ToList();
        return await ClassifyAsync(updates, rates.ToDictionary(), to, cancellationToken);
    }

    private async Task<IReadOnlyList<ChainLog>> ReadByPayerAsync(AccountKey account, BlockNumber after, BlockNumber to, bool ofAll, CancellationToken cancellationToken)
    {
        List<ChainLog> found = [];
        for (var from = after.Plus(1); from <= to; from = from.Plus(RequestRange))
        {
            var end = new BlockNumber(Math.Min(from.Value + RequestRange - 1, to.Value));
            found.AddRange(await AskAsync(
                from,
                end,
                (first, last) => LogFilter.OfRange(first, last, [_contracts.Cfa], [FlowEvents.FlowUpdatedTopic], [LogFilter.TopicOf(account.SuperToken)], [LogFilter.TopicOf(account.Payer)]),
                ofAll,
                cancellationToken));
        }

        // The neighbours of each log, which say who did it, stand in its transaction.
        List<ChainLog> all = [];
        foreach (var hash in found.Select(l => l.TransactionHash).Distinct())
        {
            if (await rpc.GetReceiptAsync(hash, cancellationToken) is { } receipt)
                all.AddRange(receipt.Logs);
        }

        return all;
    }

    /// <summary>Asks for a range, and for its halves where a node finds it too large.</summary>
    private async Task<IReadOnlyList<ChainLog>> AskAsync(
        BlockNumber from, BlockNumber to, Func<BlockNumber, BlockNumber, LogFilter> filter, bool ofAll, CancellationToken cancellationToken)
    {
        try
        {
            return ofAll
                ? (await rpc.GetLogsOfAllAsync(filter(from, to), cancellationToken)).Logs
                : await rpc.GetLogsAsync(filter(from, to), cancellationToken);
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.RangeTooLarge && from < to)
        {
            var middle = new BlockNumber((from.Value + to.Value) / 2);
            return [.. await AskAsync(from, middle, filter, ofAll, cancellationToken), .. await AskAsync(middle.Plus(1), to, filter, ofAll, cancellationToken)];
        }
    }

    private async Task<ImmutableArray<FlowChange>> ClassifyAsync(
        List<FlowUpdate> updates, Dictionary<Address, FlowRate> rates, BlockRef to, CancellationToken cancellationToken)
    {
        var times = new Dictionary<BlockNumber, DateTimeOffset?> { [to.Number] = to.Time.ToDateTimeOffset() };
        var changes = ImmutableArray.CreateBuilder<FlowChange>(updates.Count);
        foreach (var update in updates)
        {
            if (!times.TryGetValue(update.Block, out var time))
            {
                // A node that has the log and not its block is asked again by the next look.
                var header = await rpc.GetBlockAsync(update.Block, cancellationToken);
                times[update.Block] = time = header?.Block.Time.ToDateTimeOffset();
            }

            var log = update.ToLog(rates.GetValueOrDefault(update.Flow.Payee), time ?? to.Time.ToDateTimeOffset());
            rates[update.Flow.Payee] = update.Rate;
            changes.Add(_classifier.Classify(log) with { IsTimeKnown = time is not null });
        }

        return changes.ToImmutable();
    }
}

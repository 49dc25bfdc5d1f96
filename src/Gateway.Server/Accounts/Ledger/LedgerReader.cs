using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Resilience;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Changes of an account's flows in a range of blocks.</summary>
/// <param name="Changes">In the order of the chain, without the rates before them.</param>
/// <param name="IsVerified">Two endpoints told them, or the only one there is; what any of them has is in it.</param>
internal sealed record ReadChanges(ImmutableArray<FlowUpdate> Changes, ImmutableDictionary<BlockNumber, BlockTime> Times, bool IsVerified);

/// <summary>Reads what a flow ledger is made of: every FlowUpdated of one payer, from every endpoint, with what stands around each.</summary>
internal sealed class LedgerReader(RpcPool rpc, ChainDirectory directory, BlockClock clock)
{
    /// <summary>Blocks asked for at once where many may be: halved where it is too much for a node.</summary>
    public const ulong WidestRange = 32_768;

    private const ulong NarrowestRange = 256;

    /// <summary>Blocks whose neighbours are read in one request: those of a busy account stand close together.</summary>
    private const ulong Neighbourhood = 64;

    private const int AtOnce = 8;

    private readonly SuperfluidContracts _contracts = directory.Deployment.Contracts;

    /// <summary>The last block of a range that one step reads.</summary>
    public static BlockNumber EndOf(BlockNumber from, BlockNumber to) => new(Math.Min(from.Value + WidestRange - 1, to.Value));

    /// <param name="to">Executed, and at most <see cref="WidestRange"/> blocks from <paramref name="from"/> on.</param>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="HistoryUnavailableException">A block that holds a change is not to be had.</exception>
    public async Task<ReadChanges> ReadAsync(AccountKey account, BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        var found = await ChangesAsync(account.SuperToken, [account.Payer], from, to, cancellationToken);
        var isVerified = found.Answers >= rpc.Witnesses;
        List<ChainLog> neighbours = [];
        foreach (var spans in SpansOf(found.Logs).Chunk(AtOnce))
        {
            foreach (var seen in await Task.WhenAll(spans.Select(s => NeighboursAsync(account, s.First, s.Last, cancellationToken))))
            {
                neighbours.AddRange(seen.Logs);
                isVerified &= seen.Answers >= rpc.Witnesses;
            }
        }

        ImmutableArray<FlowUpdate> updates = [.. FlowEvents.Read(neighbours, _contracts.Cfa).Where(u => u.Flow.Account == account)];
        // A change without its neighbour is one that nobody can tell whose it was: read again.
        if (updates.Length < found.Logs.Count)
            throw new HistoryUnavailableException($"the logs around {found.Logs.Count - updates.Length} changes of flows in blocks {from} to {to} are not to be had");
        return new ReadChanges(updates, await TimesAsync(updates, found.Logs, cancellationToken), isVerified);
    }

    /// <summary>Which of many payers changed a flow of theirs, and when last.</summary>
    /// <param name="to">As above.</param>
    /// <returns>Null: it was told by too few.</returns>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    public async Task<IReadOnlyDictionary<Address, BlockNumber>?> TouchedAsync(
        Address superToken, IReadOnlyList<Address> payers, BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        var found = await ChangesAsync(superToken, payers, from, to, cancellationToken);
        return found.Answers < rpc.Witnesses
            ? null
            : found.Logs.Select(l => (FlowEvents.ReadRate(l).Flow.Payer, l.Block)).GroupBy(l => l.Payer).ToDictionary(g => g.Key, g => g.Max(l => l.Block));
    }

    private async Task<SeenLogs> ChangesAsync(Address superToken, IReadOnlyList<Address> payers, BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        var filter = LogFilter.OfRange(
            from, to, [_contracts.Cfa], [FlowEvents.FlowUpdatedTopic], [LogFilter.TopicOf(superToken)], [.. payers.Select(LogFilter.TopicOf)]);
        try
        {
            var seen = await rpc.GetLogsOfAllAsync(filter, cancellationToken);
            if (!seen.IsTooLargeForSome || to.Value - from.Value < NarrowestRange)
                return seen;
        }
        catch (RpcRefusedException e) when (e.Error is (NodeError.RangeTooLarge or NodeError.InvalidRequest) && to.Value - from.Value >= NarrowestRange)
        {
            // Its halves may not be too much.
        }
        catch (RpcFailedException e) when (e.Failure is (RpcFailure.TooLarge or RpcFailure.Timeout) && to.Value - from.Value >= NarrowestRange)
        {
            // Likewise.
        }

        var middle = new BlockNumber((from.Value + to.Value) / 2);
        var (lower, upper) = (await ChangesAsync(superToken, payers, from, middle, cancellationToken), await ChangesAsync(superToken, payers, middle.Plus(1), to, cancellationToken));
        return lower.Answers <= upper.Answers ? lower with { Logs = [.. lower.Logs, .. upper.Logs] } : upper with { Logs = [.. lower.Logs, .. upper.Logs] };
    }

    private Task<SeenLogs> NeighboursAsync(AccountKey account, BlockNumber first, BlockNumber last, CancellationToken cancellationToken) =>
        rpc.GetLogsOfAllAsync(LogFilter.OfRange(first, last, [_contracts.Cfa, account.SuperToken], [.. FlowEvents.Topics]), cancellationToken);

    private static List<(BlockNumber First, BlockNumber Last)> SpansOf(IReadOnlyList<ChainLog> logs)
    {
        List<(BlockNumber First, BlockNumber Last)> spans = [];
        foreach (var block in logs.Select(l => l.Block).Distinct().Order())
        {
            if (spans.Count > 0 && block.Value - spans[^1].First.Value < Neighbourhood)
                spans[^1] = (spans[^1].First, block);
            else
                spans.Add((block, block));
        }

        return spans;
    }

    private async Task<ImmutableDictionary<BlockNumber, BlockTime>> TimesAsync(
        ImmutableArray<FlowUpdate> updates, IReadOnlyList<ChainLog> logs, CancellationToken cancellationToken)
    {
        var hashes = logs.Select(l => (l.Block, l.BlockHash)).Distinct().ToLookup(b => b.Block, b => b.BlockHash);
        var times = ImmutableDictionary.CreateBuilder<BlockNumber, BlockTime>();
        foreach (var numbers in updates.Select(u => u.Block).Distinct().Chunk(AtOnce))
        {
            foreach (var block in await Task.WhenAll(numbers.Select(n => clock.BlockAsync(n, cancellationToken))))
            {
                // By hash: a log of a block that is not the chain's is nobody's money.
                if (hashes[block.Number].Any(h => h != block.Hash))
                    throw new HistoryUnavailableException($"nodes disagree about block {block.Number}");
                times[block.Number] = block.Time;
            }
        }

        return times.ToImmutable();
    }
}

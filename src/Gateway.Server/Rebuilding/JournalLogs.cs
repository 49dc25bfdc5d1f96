using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Resilience;

namespace Gateway.Server.Rebuilding;

/// <summary>The journal would have to be read from a block that is not there yet: read so, it would be found empty.</summary>
internal sealed class JournalAheadException(BlockNumber from, BlockNumber head) : Exception(
    $"The journal is to be read from block {from} on, and the chain is at block {head}: DeployBlock is wrong, or the endpoints are far behind, or serve another chain.")
{
    public BlockNumber From { get; } = from;

    public BlockNumber Head { get; } = head;
}

/// <summary>What our operator did to flows, from the logs.</summary>
/// <remarks>
/// Anybody can write userData: only the log that follows says who called, and it is asked for our operator alone. Every endpoint is asked, since what one of
/// them lacks would be paid twice.
/// </remarks>
internal sealed class JournalLogs(RpcPool rpc, ChainDirectory directory)
{
    /// <summary>Reads on from where <paramref name="scan"/> is.</summary>
    /// <param name="to">Executed.</param>
    /// <exception cref="ChainException">The chain cannot be asked: what was read before stays read.</exception>
    /// <exception cref="JournalAheadException">It would begin after <paramref name="to"/>.</exception>
    public async Task ReadOnAsync(JournalScan scan, BlockNumber to, CancellationToken cancellationToken)
    {
        if (scan.From > to)
            throw new JournalAheadException(scan.From, to);
        while (scan.Next <= to)
        {
            var end = scan.Range.EndOf(scan.Next, to);
            try
            {
                scan.Take(end, await ReadRangeAsync(scan, end, cancellationToken));
            }
            catch (RpcRefusedException e) when (e.Error == NodeError.RangeTooLarge && scan.Range.Shrink())
            {
                // Asked again for less.
            }
        }

        // One that has lost its logs says [] as well.
        if (scan.Newest.Count > 0 || scan.Witnesses >= Math.Min(2, rpc.Endpoints.Count))
            return;
        scan.Restart();
        throw new RpcFailedException(new RpcOrigin("the pool", "eth_getLogs"), RpcFailure.NotAsked, "one endpoint alone says that the operator did nothing");
    }

    private async Task<IReadOnlyList<OwnOperation>> ReadRangeAsync(JournalScan scan, BlockNumber to, CancellationToken cancellationToken)
    {
        var cfa = directory.Deployment.Contracts.Cfa;
        var ours = await AskAsync(
            scan, LogFilter.OfRange(scan.Next, to, [cfa], [FlowEvents.ExtensionTopic], [TopicOf(directory.Operator)]), cancellationToken);
        if (ours.Count == 0)
            return [];
        var places = ours.Select(l => (l.TransactionHash, l.Index)).ToHashSet();
        var updates = await AskAsync(
            scan, LogFilter.OfRange(scan.Next, to, [cfa], [FlowEvents.FlowUpdatedTopic], [.. directory.Deployment.Tokens.Select(t => TopicOf(t.Address))]), cancellationToken);
        // The extension is always the very next log (superfluid.md §2).
        return [.. updates.Where(u => places.Contains((u.TransactionHash, u.Index + 1))).Select(OperationOf)];
    }

    private async Task<IReadOnlyList<ChainLog>> AskAsync(JournalScan scan, LogFilter filter, CancellationToken cancellationToken)
    {
        var seen = await rpc.GetLogsOfAllAsync(filter, cancellationToken);
        scan.Heard(seen);
        return seen.Logs;
    }

    private static OwnOperation OperationOf(ChainLog updated)
    {
        var (flow, rate, userData) = FlowEvents.ReadOperation(updated);
        return new OwnOperation(flow, rate, [.. userData], updated.Block);
    }

    private static Hash32 TopicOf(Address address) => Hash32.FromBytes([.. new byte[Hash32.Size - Address.Size], .. address.ToBytes()]);
}

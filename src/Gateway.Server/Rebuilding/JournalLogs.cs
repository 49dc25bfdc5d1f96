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
internal sealed class JournalLogs(RpcPool rpc, ChainDirectory directory, TimeProvider time)
{
    private readonly JournalWitnesses _witnesses = new(rpc, directory);

    /// <summary>Reads on from where <paramref name="scan"/> is, at least one range.</summary>
    /// <param name="to">Executed.</param>
    /// <param name="most">Begins no range after that time.</param>
    /// <returns>False: there is more.</returns>
    /// <exception cref="ChainException">The chain cannot be asked, or too few witnesses tell of it: what was read before stays read.</exception>
    /// <exception cref="JournalAheadException">It would begin after <paramref name="to"/>.</exception>
    public async Task<bool> ReadOnAsync(JournalScan scan, BlockNumber to, TimeSpan most, CancellationToken cancellationToken)
    {
        if (scan.From > to)
            throw new JournalAheadException(scan.From, to);
        await _witnesses.FindAsync(scan, to, cancellationToken);
        var since = time.GetTimestamp();
        while (scan.Next <= to)
        {
            var end = scan.Range.EndOf(scan.Next, to);
            if (await TryReadAsync(scan, end, cancellationToken) is { } part)
                scan.Take(end, part);
            if (time.GetElapsedTime(since) >= most)
                break;
        }

        return scan.Next > to;
    }

    /// <returns>Null where the range was too large for one whose word counts: a smaller one is asked for.</returns>
    private async Task<JournalPart?> TryReadAsync(JournalScan scan, BlockNumber to, CancellationToken cancellationToken)
    {
        var cfa = directory.Deployment.Contracts.Cfa;
        try
        {
            var ours = await rpc.GetLogsOfAllAsync(
                LogFilter.OfRange(scan.Next, to, [cfa], [FlowEvents.ExtensionTopic], [LogFilter.TopicOf(directory.Operator)]), cancellationToken);
            if (IsTooLarge(scan, ours))
                return null;
            var witnesses = _witnesses.Count(scan, ours);
            if (ours.Logs.Count == 0)
                return new JournalPart([], witnesses, IsDisputed: false);
            var updates = await rpc.GetLogsOfAllAsync(
                LogFilter.OfRange(scan.Next, to, [cfa], [FlowEvents.FlowUpdatedTopic], [.. directory.Deployment.Tokens.Select(t => LogFilter.TopicOf(t.Address))]), cancellationToken);
            if (IsTooLarge(scan, updates))
                return null;
            witnesses = Math.Min(witnesses, _witnesses.Count(scan, updates));
            var places = ours.Logs.Select(l => (l.TransactionHash, l.Index)).ToHashSet();
            // The extension is always the very next log (superfluid.md §2).
            var operations = updates.Logs.Where(u => places.Contains((u.TransactionHash, u.Index + 1))).Select(OperationOf);
            return new JournalPart([.. operations], witnesses, ours.IsDisputed || updates.IsDisputed);
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.RangeTooLarge && scan.Range.Shrink())
        {
            return null;
        }
    }

    private static bool IsTooLarge(JournalScan scan, SeenLogs seen) => seen.TooLargeFor.Any(scan.IsWitness) && scan.Range.Shrink();

    private static OwnOperation OperationOf(ChainLog updated)
    {
        var (flow, rate, userData) = FlowEvents.ReadOperation(updated);
        return new OwnOperation(flow, rate, [.. userData], updated.Block);
    }
}

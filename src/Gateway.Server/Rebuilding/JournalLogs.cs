using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Resilience;
using Gateway.Server.Watching;

namespace Gateway.Server.Rebuilding;

/// <summary>Our newest operation on one flow.</summary>
internal sealed record OwnOperation(FlowKey Flow, FlowRate Rate, ImmutableArray<byte> UserData, BlockNumber Block);

/// <summary>What our operator did to flows, from the logs.</summary>
/// <remarks>
/// Anybody can write userData: only the log that follows says who called, and it is asked for our operator alone. The newest operation of each flow is kept,
/// since rates are absolute: memory is bounded by flows, not by history. Every endpoint is asked, since what one of them lacks would be paid twice.
/// </remarks>
internal sealed class JournalLogs(RpcPool rpc, ChainDirectory directory)
{
    private int _fewest = int.MaxValue;

    /// <summary>Whether endpoints told different things.</summary>
    public bool IsDisputed { get; private set; }

    /// <param name="to">Executed.</param>
    /// <exception cref="ChainException">The chain cannot be asked: nothing is known.</exception>
    public async Task<IReadOnlyCollection<OwnOperation>> ReadAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        var newest = new Dictionary<FlowKey, OwnOperation>();
        var range = new LogRange();
        while (from <= to)
        {
            var end = range.EndOf(from, to);
            try
            {
                foreach (var operation in await ReadRangeAsync(from, end, cancellationToken))
                    newest[operation.Flow] = operation;
            }
            catch (RpcRefusedException e) when (e.Error == NodeError.RangeTooLarge && range.Shrink())
            {
                continue;
            }

            range.Grow();
            from = end.Plus(1);
        }

        // One that has lost its logs says [] as well.
        if (newest.Count == 0 && _fewest < Math.Min(2, rpc.Endpoints.Count))
            throw new RpcFailedException(new RpcOrigin("the pool", "eth_getLogs"), RpcFailure.NotAsked, "one endpoint alone says that the operator did nothing");
        return newest.Values;
    }

    private async Task<IReadOnlyList<OwnOperation>> ReadRangeAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        var cfa = directory.Deployment.Contracts.Cfa;
        var ours = await AskAsync(
            LogFilter.OfRange(from, to, [cfa], [FlowEvents.ExtensionTopic], [TopicOf(directory.Operator)]), cancellationToken);
        if (ours.Count == 0)
            return [];
        var places = ours.Select(l => (l.TransactionHash, l.Index)).ToHashSet();
        var updates = await AskAsync(
            LogFilter.OfRange(from, to, [cfa], [FlowEvents.FlowUpdatedTopic], [.. directory.Deployment.Tokens.Select(t => TopicOf(t.Address))]), cancellationToken);
        // The extension is always the very next log (superfluid.md §2).
        return [.. updates.Where(u => places.Contains((u.TransactionHash, u.Index + 1))).Select(OperationOf)];
    }

    private async Task<IReadOnlyList<ChainLog>> AskAsync(LogFilter filter, CancellationToken cancellationToken)
    {
        var seen = await rpc.GetLogsOfAllAsync(filter, cancellationToken);
        _fewest = Math.Min(_fewest, seen.Answers);
        IsDisputed |= seen.IsDisputed;
        return seen.Logs;
    }

    private static OwnOperation OperationOf(ChainLog updated)
    {
        var (flow, rate, userData) = FlowEvents.ReadOperation(updated);
        return new OwnOperation(flow, rate, [.. userData], updated.Block);
    }

    private static Hash32 TopicOf(Address address) => Hash32.FromBytes([.. new byte[Hash32.Size - Address.Size], .. address.ToBytes()]);
}

using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;

namespace Gateway.Server.Accounts.Statements;

/// <summary>FlowUpdated logs of one payer over long ranges of blocks.</summary>
internal sealed class FlowLogs(IEthRpc rpc, ChainDirectory directory)
{
    /// <summary>Own nodes take any range, large providers 10,000 to 50,000 blocks, public ones about 2,000: asked for much at first, and halved where it is too much.</summary>
    private const ulong WidestRange = 32_768;

    private const ulong NarrowestRange = 256;

    /// <summary>At the narrowest range still a day of blocks of one second; nobody waits for more.</summary>
    private const int MostRequests = 1_000;

    /// <summary>Changes of the account's flows to these payees, both ends included, in the order of the chain.</summary>
    /// <exception cref="HistoryUnavailableException">It would take too many requests.</exception>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    public Task<IReadOnlyList<ChainLog>> ReadAsync(
        AccountKey account, IReadOnlyCollection<Address> payees, BlockNumber from, BlockNumber to, CancellationToken cancellationToken) => ReadAsync(
        directory.Deployment.Contracts.Cfa,
        [[FlowEvents.FlowUpdatedTopic], [LogFilter.TopicOf(account.SuperToken)], [LogFilter.TopicOf(account.Payer)], [.. payees.Select(LogFilter.TopicOf)]],
        from,
        to,
        cancellationToken);

    /// <summary>Logs of one contract by their topics.</summary>
    /// <exception cref="HistoryUnavailableException">It would take too many requests.</exception>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    public async Task<IReadOnlyList<ChainLog>> ReadAsync(
        Address contract, ImmutableArray<Hash32>[] topics, BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        List<ChainLog> found = [];
        var range = WidestRange;
        for (var requests = 0; from <= to; requests++)
        {
            if (requests == MostRequests)
                throw new HistoryUnavailableException($"the nodes give too few blocks' logs at a time for blocks {from} to {to}; ask for a shorter period");
            var end = new BlockNumber(Math.Min(from.Value + range - 1, to.Value));
            if (await TryReadAsync(LogFilter.OfRange(from, end, [contract], topics), range > NarrowestRange, cancellationToken) is not { } logs)
            {
                range /= 2;
                continue;
            }

            found.AddRange(logs);
            from = end.Plus(1);
        }

        return found;
    }

    /// <returns>Null where it was too much at a time.</returns>
    private async Task<IReadOnlyList<ChainLog>?> TryReadAsync(LogFilter filter, bool mayHalve, CancellationToken cancellationToken)
    {
        try
        {
            return await rpc.GetLogsAsync(filter, cancellationToken);
        }
        catch (RpcRefusedException e) when (mayHalve && e.Error is (NodeError.RangeTooLarge or NodeError.InvalidRequest))
        {
            return null;
        }
        catch (RpcFailedException e) when (mayHalve && e.Failure is (RpcFailure.TooLarge or RpcFailure.Timeout))
        {
            return null;
        }
    }
}

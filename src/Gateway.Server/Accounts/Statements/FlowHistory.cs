using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;

namespace Gateway.Server.Accounts.Statements;

/// <summary>What flowed from an account to certain payees, from executed blocks alone.</summary>
internal sealed class FlowHistory(IEthRpc rpc, ChainDirectory directory, FlowLogs logs, BlockClock clock)
{
    /// <summary>Blocks whose times are asked for at once.</summary>
    private const int TimesAtOnce = 16;

    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    /// <param name="to">Not after the head's time: what is later has not been executed.</param>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept it.</exception>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    public async Task<ImmutableArray<FlowPeriod>> ReadAsync(
        AccountKey account, ImmutableArray<Address> payees, BlockTime from, BlockTime to, BlockRef head, CancellationToken cancellationToken)
    {
        if (payees.IsEmpty || to <= from)
            return [];
        var deployed = directory.Deployment.DeployBlock;
        var before = await clock.LastAtOrBeforeAsync(from, deployed, head, cancellationToken);
        var last = await clock.LastAtOrBeforeAsync(to, deployed, head, cancellationToken);
        if (last is null)
            return []; // All of it lies before anything of ours.
        var starts = before is null ? [] : await StartsAsync(account, payees, before, cancellationToken);
        var found = await logs.ReadAsync(account, payees, before?.Number.Plus(1) ?? deployed, last.Number, cancellationToken);
        return FlowPeriods.Of(starts, await DatedAsync(found, cancellationToken), from, to);
    }

    /// <summary>The flows as they stood at a block: read there, or where its state is gone, from all logs up to it.</summary>
    private async Task<IReadOnlyList<FlowStart>> StartsAsync(AccountKey account, ImmutableArray<Address> payees, BlockRef at, CancellationToken cancellationToken)
    {
        var views = payees.Select(p => _agreements.Flow(new FlowKey(account.SuperToken, account.Payer, p))).ToList();
        IReadOnlyList<byte[]> answers;
        try
        {
            answers = await rpc.CallBatchAsync([.. views.Select(v => v.Request)], at.Number, cancellationToken);
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.BlockUnavailable)
        {
            return await StartsByLogsAsync(account, payees, at, cancellationToken);
        }

        List<FlowStart> starts = [];
        foreach (var (payee, reading) in payees.Zip(views.Zip(answers, (v, a) => v.Read(a))).Where(f => !f.Second.Rate.IsZero))
            starts.Add(new FlowStart(payee, reading.Rate, await OpenerAsync(account, payee, reading, at, cancellationToken)));
        return starts;
    }

    private async Task<IReadOnlyList<FlowStart>> StartsByLogsAsync(
        AccountKey account, ImmutableArray<Address> payees, BlockRef at, CancellationToken cancellationToken)
    {
        var all = await logs.ReadAsync(account, payees, directory.Deployment.DeployBlock, at.Number, cancellationToken);
        return [.. all.Select(l => (Log: l, Read: FlowEvents.ReadRate(l)))
            .GroupBy(l => l.Read.Flow.Payee)
            .Select(g => new FlowStart(g.Key, g.Last().Read.Rate, g.Last().Log.TransactionHash))];
    }

    /// <summary>The transaction behind a flow's present rate: the flow says when, and the logs of that second say which.</summary>
    private async Task<Hash32?> OpenerAsync(AccountKey account, Address payee, FlowReading reading, BlockRef at, CancellationToken cancellationToken)
    {
        var last = await clock.LastAtOrBeforeAsync(reading.LastUpdated, default, at, cancellationToken);
        var earlier = await clock.LastAtOrBeforeAsync(new BlockTime(reading.LastUpdated.UnixSeconds - 1), default, at, cancellationToken);
        if (last is null)
            return null;
        var found = await logs.ReadAsync(account, [payee], earlier?.Number.Plus(1) ?? default, last.Number, cancellationToken);
        return found.Count > 0 ? found[^1].TransactionHash : null;
    }

    private async Task<IReadOnlyList<RateChange>> DatedAsync(IReadOnlyList<ChainLog> found, CancellationToken cancellationToken)
    {
        var times = new Dictionary<BlockNumber, BlockTime>();
        foreach (var numbers in found.Select(l => l.Block).Distinct().Chunk(TimesAtOnce))
        {
            foreach (var block in await Task.WhenAll(numbers.Select(n => clock.BlockAsync(n, cancellationToken))))
                times[block.Number] = block.Time;
        }

        return [.. found.Select(l =>
        {
            var (flow, rate) = FlowEvents.ReadRate(l);
            return new RateChange(flow.Payee, rate, times[l.Block], l.TransactionHash);
        })];
    }
}

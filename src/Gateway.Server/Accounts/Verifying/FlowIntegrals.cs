using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What flowed to an account between two instants, less what flowed from it.</summary>
/// <param name="All">By all of its flows.</param>
/// <param name="Named">Of it, by those that were asked about.</param>
internal sealed record FlowIntegral(TokenAmount All, TokenAmount Named);

/// <summary>Integrates an account's net rate: from the state where the time begins, and what each change of a flow says that it left.</summary>
/// <remarks>The contract writes the net rates of both sides into every change, so flows that stand all the time need not be known.</remarks>
internal sealed class FlowIntegrals(IEthRpc rpc, ChainDirectory directory, FlowLogs logs, BlockClock clock)
{
    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    /// <param name="named">Flows that the account pays or is paid by.</param>
    /// <param name="start">The last block at or before a second, and the second.</param>
    /// <param name="end">Likewise.</param>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked, or has not kept the state.</exception>
    public async Task<FlowIntegral> ReadAsync(
        AccountKey account, IReadOnlyList<FlowKey> named, (BlockRef Block, BlockTime At) start, (BlockRef Block, BlockTime At) end, CancellationToken cancellationToken)
    {
        var (net, rates) = await StateAsync(account, named, start.Block, cancellationToken);
        var (all, some, since) = (TokenAmount.Zero, TokenAmount.Zero, start.At);
        foreach (var log in await ChangesAsync(account, start.Block.Number.Plus(1), end.Block.Number, cancellationToken))
        {
            Flow((await clock.BlockAsync(log.Block, cancellationToken)).Time);
            var change = FlowEvents.ReadNet(log);
            net = change.Flow.Payer == account.Payer ? change.OfPayer : change.OfPayee;
            if (rates.ContainsKey(change.Flow))
                rates[change.Flow] = change.Rate;
        }

        Flow(end.At);
        return new FlowIntegral(all, some);

        void Flow(BlockTime until)
        {
            var seconds = until.UnixSeconds - since.UnixSeconds;
            all = Solvency.BalanceAfter(all, net, seconds);
            some = rates.Aggregate(some, (sum, r) => r.Key.Payer == account.Payer ? sum - r.Value.Over(seconds) : sum + r.Value.Over(seconds));
            since = until;
        }
    }

    private async Task<(NetFlowRate Net, Dictionary<FlowKey, FlowRate> Rates)> StateAsync(
        AccountKey account, IReadOnlyList<FlowKey> named, BlockRef at, CancellationToken cancellationToken)
    {
        // On a chain of tests the first block of ours is older than the contracts: then nothing flowed.
        if ((await rpc.GetCodeAsync(account.SuperToken, at.Number, cancellationToken)).Length == 0)
            return (default, named.ToDictionary(f => f, _ => FlowRate.Zero));
        var net = (await _agreements.AccountFlows(account).AskAsync(rpc, at.Number, cancellationToken)).Net;
        var views = named.Select(_agreements.Flow).ToList();
        var answers = await rpc.CallBatchAsync([.. views.Select(v => v.Request)], at.Number, cancellationToken);
        return (net, named.Zip(views.Zip(answers, (v, a) => v.Read(a).Rate)).ToDictionary(f => f.First, f => f.Second));
    }

    private async Task<IEnumerable<ChainLog>> ChangesAsync(AccountKey account, BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        var (cfa, token, who) = (directory.Deployment.Contracts.Cfa, LogFilter.TopicOf(account.SuperToken), LogFilter.TopicOf(account.Payer));
        var paid = await logs.ReadAsync(cfa, [[FlowEvents.FlowUpdatedTopic], [token], [who]], from, to, cancellationToken);
        var earned = await logs.ReadAsync(cfa, [[FlowEvents.FlowUpdatedTopic], [token], [], [who]], from, to, cancellationToken);
        return paid.Concat(earned).OrderBy(l => l.Block).ThenBy(l => l.Index);
    }
}

using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What an account's balance moved by between two instants, against what is stated to have flowed and what else moved it.</summary>
/// <remarks>
/// realtimeBalanceOf knows nothing of logs: it is the chain's own integral. What else moves it, transfers and flows from and to others, is added from logs. Pools are
/// not: an account that they pay, or that pays them, cannot be compared.
/// </remarks>
internal sealed class BalanceProof(IEthRpc rpc, ChainDirectory directory, FlowLogs logs, BlockClock clock)
{
    private static readonly Hash32 TransferTopic = TokenEvents.TransferTopic;

    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    /// <param name="stated">What flowed between the account and <paramref name="counterparties"/> by the statement: below zero where the account paid.</param>
    public async Task<Wire.VerifiedLine> RunAsync(
        string what, AccountKey account, TokenAmount stated, IReadOnlySet<Address> counterparties, BlockTime from, BlockTime to, BlockRef head, CancellationToken cancellationToken)
    {
        var deployed = directory.Deployment.DeployBlock;
        var (first, last) = (await clock.LastAtOrBeforeAsync(from, deployed, head, cancellationToken), await clock.LastAtOrBeforeAsync(to, deployed, head, cancellationToken));
        if (last is null)
            return Verdicts.Unknown(what, stated.ToDecimal(), "it ends before anything of ours");
        if (first is null)
        {
            // Nothing of ours flowed before that block.
            first = await clock.BlockAsync(deployed, cancellationToken);
            from = first.Time;
        }

        TokenAmount moved;
        try
        {
            if (!await IsWithoutPoolsAsync(account, first, cancellationToken) || !await IsWithoutPoolsAsync(account, last, cancellationToken))
                return Verdicts.Unknown(what, stated.ToDecimal(), "pools move this balance as well");
            moved = await WorthAsync(account, last, to, cancellationToken) - await WorthAsync(account, first, from, cancellationToken);
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.BlockUnavailable)
        {
            return Verdicts.Unknown(what, stated.ToDecimal(), "no node has kept the state at its borders");
        }

        var transfers = await TransfersAsync(account, first.Number.Plus(1), last.Number, cancellationToken);
        var others = await OthersAsync(account, counterparties, from, to, last, cancellationToken);
        return Verdicts.Compare(what, stated.ToDecimal(), (moved - transfers - others).ToDecimal(), $"balance moved by {moved.ToDecimal()}, of it transfers {transfers.ToDecimal()}, flows with others {others.ToDecimal()}");
    }

    /// <summary>On a chain of tests the first block of ours is older than the contracts: then nobody had anything.</summary>
    private async Task<bool> IsBeforeTokenAsync(AccountKey account, BlockRef at, CancellationToken cancellationToken) =>
        (await rpc.GetCodeAsync(account.SuperToken, at.Number, cancellationToken)).Length == 0;

    private async Task<bool> IsWithoutPoolsAsync(AccountKey account, BlockRef at, CancellationToken cancellationToken) =>
        await IsBeforeTokenAsync(account, at, cancellationToken) || await _agreements.DistributionNetFlow(account).AskAsync(rpc, at.Number, cancellationToken) == NetFlowRate.FromWeiPerSecond(0);

    private async Task<TokenAmount> WorthAsync(AccountKey account, BlockRef block, BlockTime at, CancellationToken cancellationToken)
    {
        if (await IsBeforeTokenAsync(account, block, cancellationToken))
            return TokenAmount.Zero;
        var flows = await _agreements.AccountFlows(account).AskAsync(rpc, block.Number, cancellationToken);
        return flows.Deposit + await TokenViews.AvailableBalance(account, at).AskAsync(rpc, block.Number, cancellationToken);
    }

    private async Task<TokenAmount> TransfersAsync(AccountKey account, BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        var who = LogFilter.TopicOf(account.Payer);
        var received = await logs.ReadAsync(account.SuperToken, [[TransferTopic], [], [who]], from, to, cancellationToken);
        var sent = await logs.ReadAsync(account.SuperToken, [[TransferTopic], [who]], from, to, cancellationToken);
        return received.Aggregate(TokenAmount.Zero, (sum, l) => sum + TokenEvents.ReadTransfer(l)) - sent.Aggregate(TokenAmount.Zero, (sum, l) => sum + TokenEvents.ReadTransfer(l));
    }

    /// <summary>What flowed in from others, less what flowed out to others.</summary>
    private async Task<TokenAmount> OthersAsync(
        AccountKey account, IReadOnlySet<Address> counterparties, BlockTime from, BlockTime to, BlockRef last, CancellationToken cancellationToken)
    {
        var (cfa, token, who) = (directory.Deployment.Contracts.Cfa, LogFilter.TopicOf(account.SuperToken), LogFilter.TopicOf(account.Payer));
        var paid = await logs.ReadAsync(cfa, [[FlowEvents.FlowUpdatedTopic], [token], [who]], directory.Deployment.DeployBlock, last.Number, cancellationToken);
        var earned = await logs.ReadAsync(cfa, [[FlowEvents.FlowUpdatedTopic], [token], [], [who]], directory.Deployment.DeployBlock, last.Number, cancellationToken);
        return await SumAsync(earned, f => f.Payer, counterparties, from, to, cancellationToken) - await SumAsync(paid, f => f.Payee, counterparties, from, to, cancellationToken);
    }

    private async Task<TokenAmount> SumAsync(
        IReadOnlyList<ChainLog> changes, Func<FlowKey, Address> other, IReadOnlySet<Address> counterparties, BlockTime from, BlockTime to, CancellationToken cancellationToken)
    {
        var sum = TokenAmount.Zero;
        var standing = new Dictionary<Address, (FlowRate Rate, BlockTime Since)>();
        foreach (var log in changes)
        {
            var (flow, rate) = FlowEvents.ReadRate(log);
            if (counterparties.Contains(other(flow)))
                continue;
            var at = (await clock.BlockAsync(log.Block, cancellationToken)).Time;
            sum += Within(standing.GetValueOrDefault(other(flow)), at);
            standing[other(flow)] = (rate, at);
        }

        return standing.Values.Aggregate(sum, (all, s) => all + Within(s, to));

        TokenAmount Within((FlowRate Rate, BlockTime Since) standingFlow, BlockTime until)
        {
            var start = standingFlow.Since > from ? standingFlow.Since : from;
            var end = until < to ? until : to;
            return end > start ? standingFlow.Rate.Over(end.UnixSeconds - start.UnixSeconds) : TokenAmount.Zero;
        }
    }
}

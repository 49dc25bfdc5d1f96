using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What a statement says that flowed to or from an account.</summary>
/// <param name="Flowed">Below zero where the account paid.</param>
/// <param name="Flows">By which flows.</param>
internal sealed record StatedBalance(string What, AccountKey Account, TokenAmount Flowed, IReadOnlyList<FlowKey> Flows);

/// <summary>What an account's balance moved by between two instants, against what is stated to have flowed and what else moved it.</summary>
/// <remarks>
/// realtimeBalanceOf knows nothing of logs: it is the chain's own integral. What else moves it, transfers and flows from and to others, is added from state and logs of
/// the period. What pools moved is the GDA's own part of that balance, and is taken off.
/// </remarks>
internal sealed class BalanceProof(IEthRpc rpc, ChainDirectory directory, FlowIntegrals integrals, FlowLogs logs, BlockClock clock)
{
    private static readonly Hash32 TransferTopic = TokenEvents.TransferTopic;

    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    public async Task<Wire.VerifiedLine> RunAsync(StatedBalance balance, BlockTime from, BlockTime to, BlockRef head, CancellationToken cancellationToken)
    {
        var (what, account, stated) = (balance.What, balance.Account, balance.Flowed);
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
        FlowIntegral flowed;
        try
        {
            moved = await WorthAsync(account, last, to, cancellationToken) - await WorthAsync(account, first, from, cancellationToken);
            flowed = await integrals.ReadAsync(account, balance.Flows, (first, from), (last, to), cancellationToken);
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.BlockUnavailable)
        {
            return Verdicts.Unknown(what, stated.ToDecimal(), "no node has kept the state at its borders");
        }

        var transfers = await TransfersAsync(account, first.Number.Plus(1), last.Number, cancellationToken);
        var others = flowed.All - flowed.Named;
        return Verdicts.Compare(what, stated.ToDecimal(), (moved - transfers - others).ToDecimal(), $"balance moved by {moved.ToDecimal()}, of it transfers {transfers.ToDecimal()}, flows with others {others.ToDecimal()}");
    }

    /// <summary>On a chain of tests the first block of ours is older than the contracts: then nobody had anything.</summary>
    private async Task<bool> IsBeforeTokenAsync(AccountKey account, BlockRef at, CancellationToken cancellationToken) =>
        (await rpc.GetCodeAsync(account.SuperToken, at.Number, cancellationToken)).Length == 0;

    /// <summary>All that is an account's, buffers of its flows too, but for what pools moved.</summary>
    private async Task<TokenAmount> WorthAsync(AccountKey account, BlockRef block, BlockTime at, CancellationToken cancellationToken)
    {
        if (await IsBeforeTokenAsync(account, block, cancellationToken))
            return TokenAmount.Zero;
        var flows = await _agreements.AccountFlows(account).AskAsync(rpc, block.Number, cancellationToken);
        var pools = await _agreements.DistributionBalance(account, at).AskAsync(rpc, block.Number, cancellationToken);
        return flows.Deposit + await TokenViews.AvailableBalance(account, at).AskAsync(rpc, block.Number, cancellationToken) - pools;
    }

    private async Task<TokenAmount> TransfersAsync(AccountKey account, BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        var who = LogFilter.TopicOf(account.Payer);
        var received = await logs.ReadAsync(account.SuperToken, [[TransferTopic], [], [who]], from, to, cancellationToken);
        var sent = await logs.ReadAsync(account.SuperToken, [[TransferTopic], [who]], from, to, cancellationToken);
        return received.Aggregate(TokenAmount.Zero, (sum, l) => sum + TokenEvents.ReadTransfer(l)) - sent.Aggregate(TokenAmount.Zero, (sum, l) => sum + TokenEvents.ReadTransfer(l));
    }
}

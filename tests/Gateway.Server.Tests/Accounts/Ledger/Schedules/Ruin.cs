using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>A payer gives all but minutes of his money away; long after it has run out somebody ends all his flows.</summary>
internal sealed class Ruin(SteppedStage stage, DevAccount payer, DevAccount stranger)
{
    private const ulong SecondsKept = 600;
    private const ulong SecondsUntilLiquidated = 7_200;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Devnet.World.DevnetChain Chain => stage.World.Chain;

    private AccountKey Account => new(Chain.Tokens.Aleph, payer.Address);

    /// <returns>What he gave, and what he lost with his buffers: by what he has after it, of what he would have had.</returns>
    public async Task<(TokenAmount GivenAway, TokenAmount Lost)> HappenAsync(Address[] payees)
    {
        var next = stage.Head.Time.PlusSeconds(1);
        var flows = await new AgreementViews(Chain.Contracts).AccountFlows(Account).AskAsync(Chain.Anvil.Rpc, stage.Head.Number, Cancellation);
        var given = await AvailableAsync(next) - FlowRate.FromWeiPerSecond(-flows.Net.WeiPerSecond).Over(SecondsKept);
        await SendAsync(payer, Chain.Tokens.Aleph, TokenCalls.Transfer(Chain.Accounts.Governor.Address, given), next);

        await stage.MineAsync(next.PlusSeconds(SecondsUntilLiquidated));
        var end = stage.Head.Time.PlusSeconds(1);
        var before = await WorthAsync(end);
        foreach (var payee in payees)
        {
            if (!(await new AgreementViews(Chain.Contracts).Flow(new FlowKey(Account.SuperToken, Account.Payer, payee)).AskAsync(Chain.Anvil.Rpc, stage.Head.Number, Cancellation)).Rate.IsZero)
                await Chain.Sender.SendAsync(stranger, Chain.Contracts.Host, HostCalls.CallAgreement(Chain.Contracts.Cfa, FlowCalls.Delete(Account.SuperToken, Account.Payer, payee), []), Cancellation);
        }

        await stage.MineAsync(end);
        var lost = before - await WorthAsync(end);
        Assert.True(lost > TokenAmount.Zero, "He lost nothing.");
        return (given, lost);
    }

    private async Task SendAsync(DevAccount from, Address to, byte[] data, BlockTime at)
    {
        var hash = await Chain.Sender.SendAsync(from, to, data, Cancellation);
        await stage.MineAsync(at);
        Assert.True((await Chain.Sender.ReceiptAsync(hash, Cancellation)).Succeeded);
    }

    private async Task<TokenAmount> WorthAsync(BlockTime at)
    {
        var flows = await new AgreementViews(Chain.Contracts).AccountFlows(Account).AskAsync(Chain.Anvil.Rpc, stage.Head.Number, Cancellation);
        return flows.Deposit + await AvailableAsync(at);
    }

    private Task<TokenAmount> AvailableAsync(BlockTime at) => TokenViews.AvailableBalance(Account, at).AskAsync(Chain.Anvil.Rpc, stage.Head.Number, Cancellation);
}

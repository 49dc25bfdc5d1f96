using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Contracts;

/// <summary>Every operation type of a batch does on the real Host what its name says.</summary>
public sealed class HostOperationTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    private static readonly TokenAmount One = Funds.OfTokens(1);
    private static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(385_802_469_135_802);

    private Address Aleph => chain.Chain.Tokens.Aleph;

    private Address Usdcx => chain.Chain.Tokens.Usdcx;

    [Fact]
    public async Task Approve_increase_and_decrease_add_up_to_an_allowance()
    {
        var payer = await chain.NewPayerAsync(TestContext.Current.CancellationToken);
        var spender = chain.NewAccount("spender").Address;

        await BatchAsync(payer, HostOperation.Approve(Aleph, spender, Funds.OfTokens(5)));
        Assert.Equal(Funds.OfTokens(5).Wei, await AllowanceAsync(payer, spender));

        await BatchAsync(payer, HostOperation.IncreaseAllowance(Aleph, spender, Funds.OfTokens(3)));
        Assert.Equal(Funds.OfTokens(8).Wei, await AllowanceAsync(payer, spender));

        await BatchAsync(payer, HostOperation.DecreaseAllowance(Aleph, spender, Funds.OfTokens(2)));
        Assert.Equal(Funds.OfTokens(6).Wei, await AllowanceAsync(payer, spender));
    }

    [Fact]
    public async Task A_spender_moves_what_was_approved_and_not_more()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (payer, spender) = (await chain.NewPayerAsync(cancellationToken), await chain.NewPayerAsync(cancellationToken));
        var receiver = chain.NewAccount("receiver").Address;
        await BatchAsync(payer, HostOperation.Approve(Aleph, spender.Address, One));

        await BatchAsync(spender, HostOperation.TransferFrom(Aleph, payer.Address, receiver, One));

        Assert.Equal(One, await BalanceAsync(Aleph, receiver));
        await Assert.ThrowsAsync<ExecutionRevertedException>(() => BatchAsync(spender, HostOperation.TransferFrom(Aleph, payer.Address, receiver, One)));
    }

    [Fact]
    public async Task Send_moves_tokens_of_the_sender()
    {
        var payer = await chain.NewPayerAsync(TestContext.Current.CancellationToken);
        var receiver = chain.NewAccount("receiver").Address;

        await BatchAsync(payer, HostOperation.Send(Aleph, receiver, One, userData: [1, 2, 3]));

        Assert.Equal(One, await BalanceAsync(Aleph, receiver));
    }

    [Fact]
    public async Task Upgrade_and_downgrade_move_between_underlying_and_super_token()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var payer = await chain.NewPayerAsync(cancellationToken);
        var other = chain.NewAccount("other").Address;
        await ApproveUsdcAsync(payer);
        var (wrapped, units) = (await BalanceAsync(Usdcx, payer.Address), await UsdcAsync(payer.Address));

        await BatchAsync(payer, HostOperation.Upgrade(Usdcx, Funds.OfTokens(7)), HostOperation.UpgradeTo(Usdcx, other, Funds.OfTokens(2)));
        Assert.Equal(wrapped + Funds.OfTokens(7), await BalanceAsync(Usdcx, payer.Address));
        Assert.Equal(Funds.OfTokens(2), await BalanceAsync(Usdcx, other));
        Assert.Equal(units - 9_000_000, await UsdcAsync(payer.Address));

        await BatchAsync(payer, HostOperation.Downgrade(Usdcx, Funds.OfTokens(3)), HostOperation.DowngradeTo(Usdcx, other, Funds.OfTokens(1)));
        Assert.Equal(wrapped + Funds.OfTokens(3), await BalanceAsync(Usdcx, payer.Address));
        Assert.Equal(units - 6_000_000, await UsdcAsync(payer.Address));
        Assert.Equal(1_000_000, await UsdcAsync(other));
    }

    [Fact]
    public async Task One_batch_of_the_operator_serves_many_payers()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        DevAccount[] payers = [await chain.NewPayerAsync(cancellationToken, authorised: true), await chain.NewPayerAsync(cancellationToken, authorised: true)];
        var payee = chain.NewAccount("payee").Address;
        var flows = payers.Select(p => new FlowKey(Aleph, p.Address, payee)).ToList();

        await BatchAsync(chain.Chain.Accounts.Operator, [.. flows.Select(f => Agreement(FlowCalls.CreateByOperator(f, Rate)))]);

        foreach (var flow in flows)
            Assert.Equal(Rate, (await AskAsync(new AgreementViews(chain.Contracts).Flow(flow))).Rate);
    }

    [Fact]
    public async Task A_batch_is_all_or_nothing()
    {
        var payer = await chain.NewPayerAsync(TestContext.Current.CancellationToken);
        var payee = chain.NewAccount("payee").Address;
        var tooMuch = FlowRate.Parse("100000000000000000000");

        var revert = await Assert.ThrowsAsync<ExecutionRevertedException>(() => BatchAsync(
            payer, Agreement(FlowCalls.Create(Aleph, payee, Rate)), Agreement(FlowCalls.Update(Aleph, payee, tooMuch))));

        Assert.Equal("CFA_INSUFFICIENT_BALANCE", SuperfluidErrors.Classify([.. revert.RevertData]).Name);
        Assert.Equal(FlowReading.None, await AskAsync(new AgreementViews(chain.Contracts).Flow(new FlowKey(Aleph, payer.Address, payee))));
    }

    [Fact]
    public async Task Onboarding_takes_one_batch_once_the_underlying_is_approved()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var payer = await chain.NewPayerAsync(cancellationToken, funds: Funds.OfPayer with { Usdcx = TokenAmount.Zero });
        var (payee, ours) = (chain.NewAccount("payee").Address, chain.Chain.Accounts.Operator.Address);
        await ApproveUsdcAsync(payer);

        await BatchAsync(
            payer,
            HostOperation.Upgrade(Usdcx, Funds.OfTokens(1_000)),
            Agreement(FlowCalls.AuthorizeFully(Usdcx, ours)),
            Agreement(FlowCalls.Create(Usdcx, payee, Rate)));

        var views = new AgreementViews(chain.Contracts);
        Assert.Equal(Rate, (await AskAsync(views.Flow(new FlowKey(Usdcx, payer.Address, payee)))).Rate);
        Assert.True((await AskAsync(views.Grant(new AccountKey(Usdcx, payer.Address), ours))).IsUnlimited);
    }

    [Fact]
    public async Task An_app_action_reaches_a_registered_app_and_no_other()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var payer = await chain.NewPayerAsync(cancellationToken);
        var app = chain.NewAccount("app").Address;
        await chain.Control.SetCodeAsync(app, TinyContracts.SuperApp(chain.Contracts.Host), cancellationToken);
        // Any function with a trailing placeholder for the context; the app does not look which.
        var action = HostOperation.CallAppAction(app, new AbiFunction("act", [new AbiParameter("ctx", AbiType.Parse("bytes"), IsIndexed: false)], []).Encode(Array.Empty<byte>()));

        var refused = await Assert.ThrowsAsync<ExecutionRevertedException>(() => BatchAsync(payer, action));
        Assert.Equal("HOST_NOT_A_SUPER_APP", SuperfluidErrors.Classify([.. refused.RevertData]).Name);

        // The final level, and no callbacks: superfluid.md §6.
        var configuration = BigInteger.One | ((BigInteger)0x3f << 32);
        await chain.CallAsync(payer, app, ContractAbi.Load("Superfluid").Function("registerApp(uint256)").Encode(configuration), cancellationToken);
        Assert.True(await AskAsync(new HostViews(chain.Contracts).IsApp(app)));
        await BatchAsync(payer, action);
    }

    [Fact]
    public async Task A_simple_forward_is_made_by_the_forwarder_and_not_by_the_sender()
    {
        var payer = await chain.NewPayerAsync(TestContext.Current.CancellationToken);
        var receiver = chain.NewAccount("receiver").Address;
        var usdc = ContractAbi.Load("TestToken");
        var units = await UsdcAsync(payer.Address);

        await BatchAsync(payer, HostOperation.SimpleForward(chain.Chain.Tokens.Usdc, usdc.Function("mint").Encode(receiver, 5)));
        Assert.Equal(5, await UsdcAsync(receiver));

        // The forwarder has no USDC; the sender has.
        Assert.True(units > 0);
        await Assert.ThrowsAsync<ExecutionRevertedException>(() =>
            BatchAsync(payer, HostOperation.SimpleForward(chain.Chain.Tokens.Usdc, usdc.Function("transfer").Encode(receiver, 5))));
    }

    [Fact]
    public async Task A_trusting_contract_learns_the_sender_from_the_end_of_the_call()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var payer = await chain.NewPayerAsync(cancellationToken);
        var recipient = chain.NewAccount("recipient").Address;
        await chain.Control.SetCodeAsync(recipient, TinyContracts.Recipient(), cancellationToken);

        await BatchAsync(payer, HostOperation.Erc2771Forward(recipient, [0xca, 0xfe]));

        var answer = await chain.Rpc.CallAsync(new CallRequest(recipient, []), await chain.Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken);
        Assert.Equal(payer.Address, Address.FromBytes(answer.AsSpan(12)));
    }

    private HostOperation Agreement(byte[] data) => HostOperation.CallAgreement(chain.Contracts.Cfa, data, userData: []);

    private Task<TransactionReceipt> BatchAsync(DevAccount from, params HostOperation[] operations) =>
        chain.CallAsync(from, chain.Contracts.Host, HostCalls.Batch(operations), TestContext.Current.CancellationToken);

    private Task<TransactionReceipt> ApproveUsdcAsync(DevAccount owner) => chain.CallAsync(
        owner, chain.Chain.Tokens.Usdc, TokenCalls.ApproveUnderlying(Usdcx, Funds.OfPayer.UsdcUnits), TestContext.Current.CancellationToken);

    // Every ERC-20 answers these, super tokens too.
    private Task<BigInteger> AllowanceAsync(DevAccount owner, Address spender) => AskAsync(TokenViews.UnderlyingAllowance(Aleph, owner.Address, spender));

    private Task<BigInteger> UsdcAsync(Address account) => AskAsync(TokenViews.UnderlyingBalance(chain.Chain.Tokens.Usdc, account));

    private async Task<TokenAmount> BalanceAsync(Address superToken, Address account) =>
        TokenAmount.FromWei(await AskAsync(TokenViews.UnderlyingBalance(superToken, account)));

    private Task<T> AskAsync<T>(ChainView<T> view) => chain.AskAsync(view, TestContext.Current.CancellationToken);
}

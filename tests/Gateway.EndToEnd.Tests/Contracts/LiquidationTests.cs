using Gateway.Chain.Abi;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Contracts;

/// <summary>Accounts that ran dry on the real contracts: who may close, who gets the buffer, what is left, and what the gateway makes of it.</summary>
/// <remarks>Each test moves the clock, and so undoes everything at its end.</remarks>
public sealed class LiquidationTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    private static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(385_802_469_135_802);
    private static readonly TokenParameters Parameters = new(14400, 1800, TokenAmount.Zero);

    /// <summary>Seconds past the first critical one that lie in each phase of one flow of <see cref="Rate"/>.</summary>
    private const ulong InPatrician = 10;
    private const ulong InPleb = 3_600;
    private const ulong InInsolvency = 18_000;

    private Address Aleph => chain.Chain.Tokens.Aleph;

    private DevAccount Operator => chain.Chain.Accounts.Operator;

    [Fact]
    public async Task In_the_patrician_period_the_reward_goes_to_the_reward_account()
    {
        await using var isolation = await chain.IsolateAsync(TestContext.Current.CancellationToken);
        var dry = await DryAsync(InPatrician);

        var closed = await CloseAsync(dry, dry.Stranger);

        Assert.Equal((SolvencyPhase.Patrician, chain.Chain.Framework.Toga), (closed.Log.Phase, closed.Log.RewardReceiver));
        Assert.Equal((ChangeCause.Liquidated, Reason.FlowLiquidated), (closed.Told.Change.Cause, closed.Told.Change.Reason));
        Assert.Equal((closed.Foretold.Reward, -closed.Foretold.Forfeited), (closed.Log.Reward, closed.Log.BalanceDelta));
        Assert.Equal(TokenAmount.Zero, closed.Foretold.AvailableAfter);
        Assert.Equal(closed.Foretold.AvailableAfter, closed.After);
        Assert.Equal(closed.Foretold.Forfeited, closed.Told.Change.Evidence.BufferLost);
        Assert.Contains("patrician period", closed.Told.Change.Evidence.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Afterwards_whoever_closes_takes_the_reward_and_a_payee_is_told_as_such()
    {
        await using var isolation = await chain.IsolateAsync(TestContext.Current.CancellationToken);
        var dry = await DryAsync(InPleb);
        await chain.Control.SetBalanceAsync(dry.Payee.Address, Funds.OfAvax(1), TestContext.Current.CancellationToken);

        var closed = await CloseAsync(dry, dry.Payee);

        Assert.Equal((SolvencyPhase.Pleb, dry.Payee.Address), (closed.Log.Phase, closed.Log.RewardReceiver));
        Assert.Equal((ChangeCause.ByPayee, Reason.FlowClosedByPayee), (closed.Told.Change.Cause, closed.Told.Change.Reason));
        Assert.Equal((closed.Foretold.Reward, closed.Foretold.AvailableAfter), (closed.Log.Reward, closed.After));
    }

    [Fact]
    public async Task An_insolvent_payer_is_bailed_out_and_his_liquidator_gets_the_whole_buffer()
    {
        await using var isolation = await chain.IsolateAsync(TestContext.Current.CancellationToken);
        var dry = await DryAsync(InInsolvency);

        var closed = await CloseAsync(dry, dry.Stranger);

        Assert.Equal((SolvencyPhase.Insolvent, dry.Stranger.Address), (closed.Log.Phase, closed.Log.RewardReceiver));
        Assert.Equal((ChangeCause.Liquidated, Reason.FlowLiquidated), (closed.Told.Change.Cause, closed.Told.Change.Reason));
        Assert.Equal((dry.Deposit, closed.Foretold.BailOut), (closed.Log.Reward, closed.Log.BalanceDelta));
        Assert.Equal((TokenAmount.Zero, TokenAmount.Zero), (closed.Foretold.AvailableAfter, closed.After));
    }

    [Theory]
    [InlineData(InPatrician, SolvencyPhase.Patrician)]
    [InlineData(InPleb, SolvencyPhase.Pleb)]
    public async Task A_payer_who_closes_while_critical_is_the_payer_all_the_same(ulong past, SolvencyPhase phase)
    {
        await using var isolation = await chain.IsolateAsync(TestContext.Current.CancellationToken);
        var dry = await DryAsync(past);

        var closed = await CloseAsync(dry, dry.Payer);

        Assert.Equal((ChangeCause.ByPayer, Reason.FlowClosedByPayer, phase), (closed.Told.Change.Cause, closed.Told.Change.Reason, closed.Log.Phase));
        // After the patrician period the reward is the closer's, and that is he himself.
        var back = phase == SolvencyPhase.Pleb ? closed.Foretold.Reward : TokenAmount.Zero;
        Assert.Equal(closed.Foretold.AvailableAfter + back, closed.After);
        Assert.Contains(phase == SolvencyPhase.Pleb ? "came back to the payer himself" : "the payer lost", closed.Told.Change.Evidence.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_own_closing_of_a_critical_account_is_ours_and_burns_the_buffer()
    {
        await using var isolation = await chain.IsolateAsync(TestContext.Current.CancellationToken);
        var dry = await DryAsync(InPatrician);

        var closed = await CloseAsync(dry, Operator, FlowCalls.DeleteByOperator(dry.Flow));

        Assert.Equal(ChangeCause.ByUs, closed.Told.Change.Cause);
        Assert.True(closed.Foretold.Forfeited > TokenAmount.Zero);
        Assert.Equal(closed.Foretold.AvailableAfter, closed.After);
    }

    [Fact]
    [Incident("1.7.3")]
    public async Task A_liquidation_through_the_batch_liquidator_names_that_contract()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var isolation = await chain.IsolateAsync(cancellationToken);
        var dry = await DryAsync(InPleb);
        var liquidator = chain.Chain.Framework.BatchLiquidator;
        var data = ContractAbi.Load("BatchLiquidator").Function("deleteFlows").Encode(Aleph, (object[])[(object[])[0, dry.Payer.Address, dry.Payee.Address]]);

        var told = Assert.Single(chain.Read(await chain.CallAsync(dry.Stranger, liquidator, data, cancellationToken), Rate));

        Assert.Equal((liquidator, liquidator), (told.Update.FlowOperator, told.Update.Liquidation?.Liquidator));
        Assert.Equal((ChangeCause.Liquidated, Reason.FlowLiquidated), (told.Change.Cause, told.Change.Reason));
    }

    [Fact]
    public async Task Of_several_flows_each_closing_takes_its_part_and_the_rest_stays_critical()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var isolation = await chain.IsolateAsync(cancellationToken);
        var dry = await DryAsync(InPatrician, FlowRate.FromWeiPerSecond(1_000_000_000_000_000));

        var first = await CloseAsync(dry, dry.Stranger);
        Assert.True(first.After.IsNegative);
        Assert.Equal(first.Foretold.AvailableAfter, first.After);

        var second = await CloseAsync(dry with { Flow = dry.Second!, Deposit = await DepositOfAsync(dry.Second!) }, dry.Stranger); // DryAsync was given a second rate.
        Assert.Equal(second.Foretold.AvailableAfter, second.After);
        Assert.Equal(TokenAmount.Zero, second.After);
    }

    [Fact]
    public async Task Lowering_first_brings_the_buffer_back_where_the_domain_says_so()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var isolation = await chain.IsolateAsync(cancellationToken);
        var dry = await DryAsync(InPatrician);
        var before = await NextAvailableAsync(dry);
        Assert.True(Liquidation.CanBeRescued(before, dry.Deposit, Parameters));

        var receipt = await chain.CallAsync(Operator, chain.Contracts.Host, Rescue(dry), cancellationToken);

        var told = chain.Read(receipt, Rate);
        Assert.Equal([FlowRate.FromWeiPerSecond(1), FlowRate.Zero], told.Select(t => t.Update.Rate));
        Assert.All(told, t => Assert.Null(t.Update.Liquidation));
        Assert.Equal(before + dry.Deposit, await AvailableAsync(dry.Flow.Account, receipt.Block.Time));
    }

    [Fact]
    public async Task A_binding_minimum_deposit_makes_the_rescue_impossible_and_the_domain_knows()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var isolation = await chain.IsolateAsync(cancellationToken);
        var minimum = Funds.OfTokens(69);
        var govern = ContractAbi.Load("TestGovernance").Function("setSuperTokenMinimumDeposit").Encode(chain.Contracts.Host, Aleph, minimum.Wei);
        await chain.CallAsync(chain.Chain.Accounts.Governor, chain.Chain.Framework.Governance, govern, cancellationToken);
        var dry = await DryAsync(InPatrician);

        Assert.False(Liquidation.CanBeRescued(await NextAvailableAsync(dry), dry.Deposit, Parameters with { MinimumDeposit = minimum }));

        var revert = await Assert.ThrowsAsync<ExecutionRevertedException>(() => chain.CallAsync(Operator, chain.Contracts.Host, Rescue(dry), cancellationToken));
        Assert.Equal("CFA_INSUFFICIENT_BALANCE", SuperfluidErrors.Classify([.. revert.RevertData]).Name);
    }

    private byte[] Rescue(DryAccount dry) => HostCalls.Batch(
    [
        HostOperation.CallAgreement(chain.Contracts.Cfa, FlowCalls.UpdateByOperator(dry.Flow, FlowRate.FromWeiPerSecond(1)), userData: []),
        HostOperation.CallAgreement(chain.Contracts.Cfa, FlowCalls.DeleteByOperator(dry.Flow), userData: []),
    ]);

    /// <summary>A payer who opened a flow, sent everything away, and has been critical for so long.</summary>
    private async Task<DryAccount> DryAsync(ulong secondsPast, FlowRate? secondRate = null)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (payer, stranger) = (await chain.NewPayerAsync(cancellationToken, authorised: true), await chain.NewPayerAsync(cancellationToken));
        var payee = chain.NewAccount("payee");
        var flow = new FlowKey(Aleph, payer.Address, payee.Address);
        await chain.CallCfaAsync(payer, FlowCalls.Create(Aleph, payee.Address, Rate), cancellationToken);
        FlowKey? second = null;
        if (secondRate is { } rate)
        {
            second = flow with { Payee = chain.NewAccount("payee").Address };
            await chain.CallCfaAsync(payer, FlowCalls.Create(Aleph, second.Payee, rate), cancellationToken);
        }

        var emptied = await chain.CallAsync(payer, Aleph, TokenCalls.TransferAll(stranger.Address), cancellationToken);
        // Nothing is left, so the very next second is critical.
        await chain.Control.MineAtAsync(emptied.Block.Time.PlusSeconds(secondsPast), cancellationToken);
        return new DryAccount(payer, payee, stranger, flow, await DepositOfAsync(flow), second);
    }

    private async Task<Closing> CloseAsync(DryAccount dry, DevAccount by, byte[]? data = null)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var account = dry.Flow.Account;
        var deposits = await chain.AskAsync(new AgreementViews(chain.Contracts).AccountFlows(account).Select(f => f.Deposit), cancellationToken);
        var before = await NextAvailableAsync(dry);
        var receipt = await chain.CallCfaAsync(by, data ?? FlowCalls.Delete(Aleph, dry.Payer.Address, dry.Flow.Payee), cancellationToken);
        var told = Assert.Single(chain.Read(receipt, Rate));
        Assert.NotNull(told.Update.Liquidation);
        Assert.Equal(by.Address, told.Update.Liquidation.Liquidator);
        return new Closing(
            told, told.Update.Liquidation, Liquidation.Close(before, deposits, dry.Deposit, Parameters), await AvailableAsync(account, receipt.Block.Time));
    }

    /// <summary>What the payer has in the next block, whose second is chosen here.</summary>
    private async Task<TokenAmount> NextAvailableAsync(DryAccount dry)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var next = (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block.Time.PlusSeconds(5);
        await chain.Control.SetNextBlockTimeAsync(next, cancellationToken);
        return await AvailableAsync(dry.Flow.Account, next);
    }

    private Task<TokenAmount> AvailableAsync(AccountKey account, BlockTime at) =>
        chain.AskAsync(TokenViews.AvailableBalance(account, at), TestContext.Current.CancellationToken);

    private async Task<TokenAmount> DepositOfAsync(FlowKey flow) =>
        (await chain.AskAsync(new AgreementViews(chain.Contracts).Flow(flow), TestContext.Current.CancellationToken)).Deposit;

    private sealed record DryAccount(DevAccount Payer, DevAccount Payee, DevAccount Stranger, FlowKey Flow, TokenAmount Deposit, FlowKey? Second);

    private sealed record Closing(ToldChange Told, LiquidationLog Log, ClosingOutcome Foretold, TokenAmount After);
}

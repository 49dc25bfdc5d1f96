using Gateway.Chain.Abi;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Contracts;

/// <summary>One look at an account is what each question by itself would have answered.</summary>
public sealed class AccountReaderTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    private static readonly TokenParameters Parameters = new(14400, 1800, TokenAmount.Zero);
    private static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(385_802_469_135_802);

    private Address Aleph => chain.Chain.Tokens.Aleph;

    private DevAccount Operator => chain.Chain.Accounts.Operator;

    [Fact]
    public async Task A_look_shows_balance_buffer_net_rate_grant_and_flows()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (payer, friend) = (await chain.NewPayerAsync(cancellationToken, authorised: true), await chain.NewPayerAsync(cancellationToken));
        var (node, community, idle) = (chain.NewAccount("payee").Address, chain.NewAccount("payee").Address, chain.NewAccount("payee").Address);
        await chain.CallCfaAsync(Operator, FlowCalls.CreateByOperator(new FlowKey(Aleph, payer.Address, node), Rate), cancellationToken);
        await chain.CallCfaAsync(payer, FlowCalls.Create(Aleph, community, FlowRate.FromWeiPerSecond(7)), cancellationToken);
        await chain.CallCfaAsync(friend, FlowCalls.Create(Aleph, payer.Address, FlowRate.FromWeiPerSecond(100)), cancellationToken);

        var head = (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var account = new AccountKey(Aleph, payer.Address);
        var at = head.Time.PlusSeconds(1_000);
        var seen = await ReaderFor(Operator.Address).ReadAsync(account, [node, community, idle, node], head, at, Parameters, cancellationToken);

        var views = new AgreementViews(chain.Contracts);
        Assert.Equal((head, at, Parameters), (seen.Block, seen.At, seen.Parameters));
        Assert.Equal(await TokenViews.AvailableBalance(account, at).AskAsync(chain.Rpc, head.Number, cancellationToken), seen.AvailableBalance);
        Assert.Equal(await views.AccountFlows(account).Select(f => f.Deposit).AskAsync(chain.Rpc, head.Number, cancellationToken), seen.BufferDeposit);
        Assert.Equal(default(NetFlowRate).Minus(Rate).Plus(FlowRate.FromWeiPerSecond(93)), seen.NetFlowRate);
        Assert.Equal(new OperatorGrant(CanCreate: true, CanUpdate: true, CanDelete: true, FlowRate.Max), seen.Grant);
        Assert.Equal([node, community], seen.Flows.Keys.OrderByDescending(p => seen.Flows[p].Rate));
        foreach (var payee in seen.Flows.Keys)
            Assert.Equal(await views.Flow(new FlowKey(Aleph, payer.Address, payee)).AskAsync(chain.Rpc, head.Number, cancellationToken), seen.FlowTo(payee));
        Assert.Equal(BufferDeposit.StoredFor(Rate, Parameters), seen.FlowTo(node).Deposit);
        Assert.Equal(FlowReading.None, seen.FlowTo(idle));
    }

    [Fact]
    public async Task A_look_at_a_past_block_shows_the_account_as_it_was_there()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var payer = await chain.NewPayerAsync(cancellationToken);
        var payee = chain.NewAccount("payee").Address;
        var created = await chain.CallCfaAsync(payer, FlowCalls.Create(Aleph, payee, Rate), cancellationToken);
        await chain.CallCfaAsync(payer, FlowCalls.Delete(Aleph, payer.Address, payee), cancellationToken);

        var then = await ReaderFor(Operator.Address).ReadAsync(
            new AccountKey(Aleph, payer.Address), [payee], created.Block, created.Block.Time, Parameters, cancellationToken);

        Assert.Equal(Rate, then.FlowTo(payee).Rate);
        Assert.Equal(created.Block.Time, then.FlowTo(payee).LastUpdated);
    }

    [Fact]
    public async Task Who_pays_from_his_own_key_needs_nobodys_permission()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var payer = await chain.NewPayerAsync(cancellationToken);
        var head = (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block;

        var seen = await ReaderFor(payer.Address).ReadAsync(new AccountKey(Aleph, payer.Address), [], head, head.Time, Parameters, cancellationToken);

        Assert.Equal(new OperatorGrant(CanCreate: true, CanUpdate: true, CanDelete: true, FlowRate.Max), seen.Grant);
    }

    [Fact]
    public async Task The_net_rate_counts_what_is_streamed_into_a_pool()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var payer = await chain.NewPayerAsync(cancellationToken);
        var account = new AccountKey(Aleph, payer.Address);
        await StreamIntoPoolAsync(payer, Rate);
        await chain.CallCfaAsync(payer, FlowCalls.Create(Aleph, chain.NewAccount("payee").Address, FlowRate.FromWeiPerSecond(7)), cancellationToken);
        var head = (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block;

        var seen = await ReaderFor(Operator.Address).ReadAsync(account, [], head, head.Time, Parameters, cancellationToken);

        Assert.Equal(default(NetFlowRate).Minus(Rate).Minus(FlowRate.FromWeiPerSecond(7)), seen.NetFlowRate);
        // And so the critical second is the chain's.
        var critical = Solvency.CriticalAt(seen.AvailableBalance, seen.NetFlowRate, seen.At)!.Value; // It drains.
        Assert.True(await chain.AskAsync(TokenViews.IsCritical(account, critical), cancellationToken));
        Assert.False(await chain.AskAsync(TokenViews.IsCritical(account, new BlockTime(critical.UnixSeconds - 1)), cancellationToken));
    }

    private AccountReader ReaderFor(Address flowOperator) => new(chain.Contracts, flowOperator, chain.Rpc);

    /// <summary>A pool with one member, so that a stream into it has somewhere to go.</summary>
    private async Task StreamIntoPoolAsync(DevAccount payer, FlowRate rate)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var gda = ContractAbi.Load("GeneralDistributionAgreementV1");
        // (units may be handed on, anybody may distribute)
        var create = gda.Function("createPool").Encode(Aleph, payer.Address, (object[])[false, true]);
        var answer = await chain.Rpc.CallAsync(
            new CallRequest(chain.Contracts.Gda, create, payer.Address), await chain.Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken);
        var pool = Address.FromBytes(answer.AsSpan(12));
        await chain.CallAsync(payer, chain.Contracts.Gda, create, cancellationToken);
        var updateMemberUnits = new AbiFunction("updateMemberUnits", [Parameter("memberAddr", "address"), Parameter("newUnits", "uint128")], []);
        await chain.CallAsync(payer, pool, updateMemberUnits.Encode(chain.NewAccount("member").Address, 1), cancellationToken);
        var distribute = gda.Function("distributeFlow").Encode(Aleph, payer.Address, pool, rate.WeiPerSecond, Array.Empty<byte>());
        await chain.CallAsync(payer, chain.Contracts.Host, HostCalls.CallAgreement(chain.Contracts.Gda, distribute, userData: []), cancellationToken);
    }

    private static AbiParameter Parameter(string name, string type) => new(name, AbiType.Parse(type), IsIndexed: false);
}

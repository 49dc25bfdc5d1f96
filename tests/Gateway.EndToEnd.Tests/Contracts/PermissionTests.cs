using Gateway.Chain.Rpc;
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

/// <summary>What an operator may, by which calls it is granted and taken, and what the chain answers when something is missing.</summary>
public sealed class PermissionTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    private static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(1_000_000_000_000);

    private Address Aleph => chain.Chain.Tokens.Aleph;

    private DevAccount Operator => chain.Chain.Accounts.Operator;

    public static TheoryData<string> Grants => [.. GrantCalls.Keys];

    private static Dictionary<string, (Func<Address, Address, byte[]> Call, bool ByForwarder, OperatorGrant Then)> GrantCalls { get; } = new(StringComparer.Ordinal)
    {
        ["everything"] = (FlowCalls.AuthorizeFully, false, new OperatorGrant(true, true, true, FlowRate.Max)),
        ["everything by forwarder"] = (TokenCalls.GrantByForwarder, true, new OperatorGrant(true, true, true, FlowRate.Max)),
        ["create alone"] = ((token, who) => FlowCalls.SetPermissions(token, who, FlowPermissions.Create, Rate), false, new OperatorGrant(true, false, false, Rate)),
        ["update and delete"] = (
            (token, who) => FlowCalls.SetPermissions(token, who, FlowPermissions.Update | FlowPermissions.Delete, Rate), false, new OperatorGrant(false, true, true, Rate)),
        ["delete alone by forwarder"] = (
            (token, who) => TokenCalls.SetPermissionsByForwarder(token, who, FlowPermissions.Delete, FlowRate.Zero), true, new OperatorGrant(false, false, true, FlowRate.Zero)),
        ["more with permissions"] = (
            (token, who) => FlowCalls.IncreaseWithPermissions(token, who, FlowPermissions.Update, Rate), false, new OperatorGrant(false, true, false, Rate)),
        ["allowance alone"] = ((token, who) => FlowCalls.IncreaseAllowance(token, who, Rate), false, OperatorGrant.None with { Allowance = Rate }),
    };

    [Theory]
    [MemberData(nameof(Grants))]
    public async Task A_grant_is_read_back_as_it_was_given(string name)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var payer = await chain.NewPayerAsync(cancellationToken);
        var (call, byForwarder, then) = GrantCalls[name];

        await SendAsync(payer, call(Aleph, Operator.Address), byForwarder);

        Assert.Equal(then, await GrantAsync(payer));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_revocation_takes_everything(bool byForwarder)
    {
        var payer = await chain.NewPayerAsync(TestContext.Current.CancellationToken, authorised: true);

        await SendAsync(payer, byForwarder ? TokenCalls.RevokeByForwarder(Aleph, Operator.Address) : FlowCalls.Revoke(Aleph, Operator.Address), byForwarder);

        Assert.Equal(OperatorGrant.None, await GrantAsync(payer));
    }

    [Fact]
    public async Task A_decrease_takes_permissions_and_allowance_apart()
    {
        var payer = await chain.NewPayerAsync(TestContext.Current.CancellationToken);
        var half = FlowRate.FromWeiPerSecond(Rate.WeiPerSecond / 2);
        await SendAsync(payer, FlowCalls.SetPermissions(Aleph, Operator.Address, FlowPermissions.All, Rate));

        await SendAsync(payer, FlowCalls.DecreaseWithPermissions(Aleph, Operator.Address, FlowPermissions.Create, half));
        Assert.Equal(new OperatorGrant(CanCreate: false, CanUpdate: true, CanDelete: true, half), await GrantAsync(payer));

        await SendAsync(payer, FlowCalls.DecreaseAllowance(Aleph, Operator.Address, half));
        Assert.Equal(new OperatorGrant(CanCreate: false, CanUpdate: true, CanDelete: true, FlowRate.Zero), await GrantAsync(payer));
    }

    [Fact]
    [Incident("1.5.5")]
    public async Task An_allowance_is_spent_by_every_raise_and_never_comes_back()
    {
        var payer = await chain.NewPayerAsync(TestContext.Current.CancellationToken);
        var flow = NewFlow(payer);
        await SendAsync(payer, FlowCalls.SetPermissions(Aleph, Operator.Address, FlowPermissions.All, Times(3)));

        await SendAsync(Operator, FlowCalls.CreateByOperator(flow, Rate));
        Assert.Equal(Times(2), (await GrantAsync(payer)).Allowance);
        await SendAsync(Operator, FlowCalls.UpdateByOperator(flow, Times(2)));
        await SendAsync(Operator, FlowCalls.UpdateByOperator(flow, Rate));
        await SendAsync(Operator, FlowCalls.DeleteByOperator(flow));
        Assert.Equal(Rate, (await GrantAsync(payer)).Allowance);
        await SendAsync(Operator, FlowCalls.CreateByOperator(flow, Rate));

        await RefusedAsync(Operator, FlowCalls.UpdateByOperator(flow, FlowRate.FromWeiPerSecond(Rate.WeiPerSecond + 1)), "CFA_ACL_FLOW_RATE_ALLOWANCE_EXCEEDED", Reason.AllowanceExhausted);
    }

    [Fact]
    public async Task Each_missing_permission_is_named_and_the_flow_runs_on()
    {
        var payer = await chain.NewPayerAsync(TestContext.Current.CancellationToken, authorised: true);
        var flow = NewFlow(payer);
        await SendAsync(Operator, FlowCalls.CreateByOperator(flow, Rate));
        await SendAsync(payer, FlowCalls.Revoke(Aleph, Operator.Address));

        await RefusedAsync(Operator, FlowCalls.CreateByOperator(NewFlow(payer), Rate), "CFA_ACL_OPERATOR_NO_CREATE_PERMISSIONS", Reason.PermissionRevoked);
        await RefusedAsync(Operator, FlowCalls.UpdateByOperator(flow, Rate), "CFA_ACL_OPERATOR_NO_UPDATE_PERMISSIONS", Reason.PermissionRevoked);
        await RefusedAsync(Operator, FlowCalls.DeleteByOperator(flow), "CFA_ACL_OPERATOR_NO_DELETE_PERMISSIONS", Reason.PermissionRevoked);
        await RefusedAsync(Operator, FlowCalls.Delete(Aleph, payer.Address, flow.Payee), "CFA_NON_CRITICAL_SENDER", Reason.PermissionRevoked);
        Assert.Equal(Rate, (await chain.AskAsync(new AgreementViews(chain.Contracts).Flow(flow), TestContext.Current.CancellationToken)).Rate);
    }

    [Fact]
    public async Task What_the_chain_refuses_is_classified_by_its_own_error()
    {
        var payer = await chain.NewPayerAsync(TestContext.Current.CancellationToken, authorised: true);
        var flow = NewFlow(payer);

        await RefusedAsync(Operator, FlowCalls.UpdateByOperator(flow, Rate), "CFA_FLOW_DOES_NOT_EXIST", Reason.Unspecified, RevertClass.Stale);
        await RefusedAsync(Operator, FlowCalls.CreateByOperator(flow, FlowRate.Zero), "CFA_INVALID_FLOW_RATE", Reason.Unspecified, RevertClass.Ours);
        await RefusedAsync(Operator, FlowCalls.CreateByOperator(flow, FlowRate.Parse("100000000000000000000")), "CFA_INSUFFICIENT_BALANCE", Reason.InsufficientBalance);
        await RefusedAsync(Operator, FlowCalls.CreateByOperator(flow, FlowRate.Max), "arithmetic overflow", Reason.Unspecified, RevertClass.Input);
        await RefusedAsync(
            Operator, FlowCalls.CreateByOperator(flow with { Payee = payer.Address }, Rate), "CFA_NO_SELF_FLOW", Reason.Unspecified, RevertClass.Input);
        await RefusedAsync(Operator, FlowCalls.Create(Aleph, Operator.Address, Rate), "CFA_NO_SELF_FLOW", Reason.Unspecified, RevertClass.Input);
        await RefusedAsync(
            payer, FlowCalls.CreateByOperator(flow, Rate), "CFA_ACL_NO_SENDER_CREATE", Reason.Unspecified, RevertClass.Ours);
        await SendAsync(Operator, FlowCalls.CreateByOperator(flow, Rate));
        await RefusedAsync(Operator, FlowCalls.CreateByOperator(flow, Rate), "CFA_FLOW_ALREADY_EXISTS", Reason.Unspecified, RevertClass.Stale);
    }

    [Fact]
    public async Task An_agreement_called_past_the_host_refuses()
    {
        var revert = await Assert.ThrowsAsync<ExecutionRevertedException>(() => chain.CallAsync(
            Operator, chain.Contracts.Cfa, FlowCalls.Create(Aleph, chain.NewAccount("payee").Address, Rate), TestContext.Current.CancellationToken));

        Assert.Equal(new Revert("unauthorized host", RevertClass.Ours, Reason.Unspecified), SuperfluidErrors.Classify([.. revert.RevertData]));
    }

    private static FlowRate Times(int factor) => FlowRate.FromWeiPerSecond(Rate.WeiPerSecond * factor);

    private FlowKey NewFlow(DevAccount payer) => new(Aleph, payer.Address, chain.NewAccount("payee").Address);

    private Task<OperatorGrant> GrantAsync(DevAccount payer) => chain.AskAsync(
        new AgreementViews(chain.Contracts).Grant(new AccountKey(Aleph, payer.Address), Operator.Address), TestContext.Current.CancellationToken);

    private Task<TransactionReceipt> SendAsync(DevAccount from, byte[] data, bool byForwarder = false) => byForwarder
        ? chain.CallAsync(from, chain.Contracts.CfaForwarder, data, TestContext.Current.CancellationToken)
        : chain.CallCfaAsync(from, data, TestContext.Current.CancellationToken);

    private async Task RefusedAsync(DevAccount from, byte[] data, string name, Reason reason, RevertClass of = RevertClass.Customer)
    {
        var revert = await Assert.ThrowsAsync<ExecutionRevertedException>(() => SendAsync(from, data));

        Assert.Equal(new Revert(name, of, reason), SuperfluidErrors.Classify([.. revert.RevertData]));
    }
}

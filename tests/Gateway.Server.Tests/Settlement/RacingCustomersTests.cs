using Gateway.Chain.Abi;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Customers who act while a transaction is under way, and accounts that the chain refuses beside others that it takes (chain-and-transactions.md §6).</summary>
public sealed class RacingCustomersTests(ChainFixture chain, RedisFixture redis) : ProxiedLaneTest(chain, redis)
{
    [Fact]
    [Regression(28)]
    public async Task A_flow_that_its_payer_closes_between_simulation_and_mining_is_not_made_again()
    {
        var payer = await OpenAsync("one");
        var other = await OpenAsync("other");
        await SettleAsync();
        await Lane.ResizeAsync("one", payer, Price + Price, Cancellation);
        await Lane.ResizeAsync("other", other, Price + Price, Cancellation);
        // Simulated and sent, and then outbid by the customer's own wallet in the same block.
        await StepAsync();
        var delete = FlowCalls.Delete(Chain.Chain.Tokens.Aleph, payer.Address, Node);
        await Chain.Chain.Sender.SendAsync(payer, Chain.Contracts.Host, HostCalls.CallAgreement(Chain.Contracts.Cfa, delete, []), Cancellation, gas: 500_000);
        await MineAsync();
        await SettleAsync();

        Assert.Equal("Reverted", await OutcomeAsync(1));
        Assert.Equal([Price, FlowRate.Zero], await RatesAsync(payer));
        Assert.Equal([Price, Price + Price], await RatesAsync(other));
        var closed = await Lane.LeaseAsync("one", payer, Cancellation);
        Assert.Equal((LeaseState.Paused, Reason.FlowClosedByPayer), (closed.State, closed.Reason));
    }

    [Theory]
    [Regression(31)]
    [InlineData(false)] // Revoked.
    [InlineData(true)] // Used up.
    public async Task A_permission_that_ends_between_simulation_and_mining_takes_out_its_payer_and_nobody_else(bool usedUp)
    {
        var payer = await OpenAsync("one");
        var other = await OpenAsync("other");
        await StepAsync();
        var less = usedUp
            ? FlowCalls.SetPermissions(Chain.Chain.Tokens.Aleph, Operator, FlowPermissions.All, FlowRate.FromWeiPerSecond(1))
            : FlowCalls.Revoke(Chain.Chain.Tokens.Aleph, Operator);
        await Chain.Chain.Sender.SendAsync(payer, Chain.Contracts.Host, HostCalls.CallAgreement(Chain.Contracts.Cfa, less, []), Cancellation, gas: 500_000);
        await MineAsync();
        await SettleAsync();

        Assert.Equal("Reverted", await OutcomeAsync(0));
        Assert.Empty(await RatesAsync(payer));
        Assert.Equal([Price], await RatesAsync(other));
        var refused = await Lane.LeaseAsync("one", payer, Cancellation);
        Assert.Equal((LeaseState.Rejected, usedUp ? Reason.AllowanceExhausted : Reason.PermissionRevoked), (refused.State, refused.Reason));
        Assert.Equal(2UL, await ConsumedAsync());
    }

    [Fact]
    [Regression(30)]
    [Incident("1.5.4")]
    public async Task Two_leases_of_one_customer_that_change_at_once_end_as_their_sum()
    {
        var payer = await OpenAsync("one");
        await Lane.OpenAsync("two", payer, Price, [(Node, 1_000_000)], Cancellation);
        await SettleAsync();

        await Task.WhenAll(
            Lane.ResizeAsync("one", payer, Price + Price, Cancellation),
            Lane.ResizeAsync("two", payer, Price + Price + Price, Cancellation));
        await SettleAsync();

        var sum = FlowRate.FromWeiPerSecond(Price.WeiPerSecond * 5);
        Assert.Equal([Price + Price, sum], await RatesAsync(payer));
        Assert.Equal(2UL, await ConsumedAsync());
    }

    [Fact]
    [Regression(27)]
    public async Task Whatever_error_of_the_CFA_poisons_a_batch_the_others_in_it_go()
    {
        var selectors = ContractAbi.Load("ConstantFlowAgreementV1").Errors.Select(e => Convert.ToHexStringLower(e.Selector)).ToList();
        var good = await OpenAsync("good");
        var poisoned = new Dictionary<DevAccount, string>();
        foreach (var selector in selectors)
            poisoned.Add(await OpenAsync("poisoned-" + selector), selector);
        foreach (var proxy in Both)
            proxy.Faults.Always("eth_call", Refusing(poisoned));

        for (var i = 0; i < 12; i++)
        {
            await StepAsync();
            await MineAsync();
        }

        Assert.True(selectors.Count > 10);
        Assert.Equal([Price], await RatesAsync(good));
        Assert.Equal(LeaseState.Active, (await Lane.LeaseAsync("good", good, Cancellation)).State);
        Assert.Equal(1UL, await ConsumedAsync());
        foreach (var payer in poisoned.Keys)
            Assert.Empty(await RatesAsync(payer));
    }

    /// <summary>Each call at the Host that is about one of these payers reverts with his error.</summary>
    private NodeFault Refusing(Dictionary<DevAccount, string> poisoned) => (request, next) =>
    {
        var call = request.Parameters[0]!;
        var data = (string?)call["data"] ?? "";
        var isBatch = string.Equals((string?)call["from"], Operator.ToString(), StringComparison.OrdinalIgnoreCase);
        var culprit = poisoned.Keys.FirstOrDefault(p => isBatch && data.Contains(p.Address.ToString()[2..], StringComparison.OrdinalIgnoreCase));
        return culprit is null ? next(request) : Task.FromResult<Reply>(new Reply.Error(3, "execution reverted", "0x" + poisoned[culprit]));
    };
}

using Gateway.Chain.Abi;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Contracts;

/// <summary>What the logs of funded accounts say: which flow, which rate, who did it, and hence why (superfluid.md §2.4).</summary>
public sealed class FlowEventTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    private static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(1_000_000_000_000);
    private static readonly FlowRate Twice = FlowRate.FromWeiPerSecond(2_000_000_000_000);

    private Address Aleph => chain.Chain.Tokens.Aleph;

    private DevAccount Operator => chain.Chain.Accounts.Operator;

    [Fact]
    public async Task What_our_operator_does_is_ours()
    {
        var (payer, payee) = await PairAsync();
        var flow = new FlowKey(Aleph, payer.Address, payee.Address);

        var opened = await chain.TellAsync(Operator, FlowCalls.CreateByOperator(flow, Rate), FlowRate.Zero, [0xca, 0xfe]);
        var raised = await chain.TellAsync(Operator, FlowCalls.UpdateByOperator(flow, Twice), Rate);
        var closed = await chain.TellAsync(Operator, FlowCalls.DeleteByOperator(flow), Twice);

        Assert.Equal([Rate, Twice, FlowRate.Zero], new[] { opened, raised, closed }.Select(t => t.Update.Rate));
        Assert.Equal([0xca, 0xfe], opened.Update.UserData);
        Assert.All(new[] { opened, raised, closed }, told =>
        {
            Assert.Equal((flow, Operator.Address), (told.Update.Flow, told.Update.FlowOperator));
            Assert.Null(told.Update.Liquidation);
            Assert.Equal((ChangeCause.ByUs, Reason.Unspecified), (told.Change.Cause, told.Change.Reason));
        });
    }

    [Fact]
    public async Task A_payer_who_lowers_and_closes_is_told_apart_from_us()
    {
        var (payer, payee) = await PairAsync();
        await OpenAsync(payer, payee);

        var lowered = await chain.TellAsync(payer, FlowCalls.Update(Aleph, payee.Address, FlowRate.FromWeiPerSecond(1)), Rate);
        var closed = await chain.TellAsync(payer, FlowCalls.Delete(Aleph, payer.Address, payee.Address), lowered.Update.Rate);

        Assert.Equal((ChangeCause.ByPayer, Reason.FlowRateLowered), (lowered.Change.Cause, lowered.Change.Reason));
        Assert.Equal((ChangeCause.ByPayer, Reason.FlowClosedByPayer), (closed.Change.Cause, closed.Change.Reason));
        Assert.Equal((closed.Update.TransactionHash, closed.Update.Block), (closed.Change.Evidence.TransactionHash, closed.Change.Evidence.Block));
        Assert.Equal("closed by the payer; the buffer went back to the payer", closed.Change.Evidence.Detail);
    }

    [Fact]
    public async Task A_payee_may_close_what_flows_to_him()
    {
        var (payer, payee) = await PairAsync();
        await OpenAsync(payer, payee);
        await chain.Control.SetBalanceAsync(payee.Address, Funds.OfAvax(1), TestContext.Current.CancellationToken);

        var closed = await chain.TellAsync(payee, FlowCalls.Delete(Aleph, payer.Address, payee.Address), Rate);

        Assert.Equal((ChangeCause.ByPayee, Reason.FlowClosedByPayee), (closed.Change.Cause, closed.Change.Reason));
    }

    [Fact]
    public async Task Another_operator_of_the_payer_is_neither_he_nor_we()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (payer, payee) = await PairAsync();
        var other = await chain.NewPayerAsync(cancellationToken);
        await chain.CallCfaAsync(payer, FlowCalls.AuthorizeFully(Aleph, other.Address), cancellationToken);
        await OpenAsync(payer, payee);

        var closed = await chain.TellAsync(other, FlowCalls.DeleteByOperator(new FlowKey(Aleph, payer.Address, payee.Address)), Rate);

        Assert.Equal((other.Address, ChangeCause.ByOther, Reason.FlowClosedByOther), (closed.Update.FlowOperator, closed.Change.Cause, closed.Change.Reason));
    }

    [Fact]
    public async Task The_forwarder_stands_for_whoever_called_it()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (payer, payee) = await PairAsync();
        var forwarder = ContractAbi.Load("CFAv1Forwarder");

        var set = await chain.CallAsync(
            payer, chain.Contracts.CfaForwarder, forwarder.Function("setFlowrate").Encode(Aleph, payee.Address, Rate.WeiPerSecond), cancellationToken);
        var taken = await chain.CallAsync(
            Operator,
            chain.Contracts.CfaForwarder,
            forwarder.Function("setFlowrateFrom").Encode(Aleph, payer.Address, payee.Address, Twice.WeiPerSecond),
            cancellationToken);

        Assert.Equal(payer.Address, Assert.Single(chain.Read(set, FlowRate.Zero)).Update.FlowOperator);
        Assert.Equal((Operator.Address, Twice), (Assert.Single(chain.Read(taken, Rate)).Update.FlowOperator, Assert.Single(chain.Read(taken, Rate)).Update.Rate));
    }

    [Fact]
    public async Task Several_changes_of_one_transaction_come_in_their_order_each_with_its_own_record()
    {
        var (payer, payee) = await PairAsync();
        var (second, _) = await PairAsync();
        var flow = new FlowKey(Aleph, payer.Address, payee.Address);
        var other = new FlowKey(Aleph, second.Address, payee.Address);
        var batch = HostCalls.Batch(
        [
            HostOperation.CallAgreement(chain.Contracts.Cfa, FlowCalls.CreateByOperator(flow, Rate), [1]),
            HostOperation.CallAgreement(chain.Contracts.Cfa, FlowCalls.CreateByOperator(other, Twice), [2]),
            HostOperation.CallAgreement(chain.Contracts.Cfa, FlowCalls.UpdateByOperator(flow, Twice), [3]),
            HostOperation.CallAgreement(chain.Contracts.Cfa, FlowCalls.DeleteByOperator(flow), [4]),
        ]);

        var told = chain.Read(await chain.CallAsync(Operator, chain.Contracts.Host, batch, TestContext.Current.CancellationToken), FlowRate.Zero);

        Assert.Equal(
            [(flow, Rate, (byte)1), (other, Twice, (byte)2), (flow, Twice, (byte)3), (flow, FlowRate.Zero, (byte)4)],
            told.Select(t => (t.Update.Flow, t.Update.Rate, Assert.Single(t.Update.UserData))));
        Assert.Equal(told.Select(t => t.Update.LogIndex).Order(), told.Select(t => t.Update.LogIndex));
    }

    [Fact]
    public async Task Logs_of_a_range_of_blocks_tell_the_same_as_each_receipt()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (payer, payee) = await PairAsync();
        var opened = await chain.CallCfaAsync(payer, FlowCalls.Create(Aleph, payee.Address, Rate), cancellationToken);
        var closed = await chain.CallCfaAsync(payer, FlowCalls.Delete(Aleph, payer.Address, payee.Address), cancellationToken);

        var logs = await chain.Rpc.GetLogsAsync(
            LogFilter.OfRange(opened.Block.Number, closed.Block.Number, [chain.Contracts.Cfa, Aleph], FlowEvents.Topics), cancellationToken);

        var ofRange = FlowEvents.Read(logs, chain.Contracts.Cfa).Where(u => u.Flow.Payer == payer.Address).Select(Key);
        Assert.Equal(FlowEvents.Read([.. opened.Logs, .. closed.Logs], chain.Contracts.Cfa).Select(Key), ofRange);

        static (FlowKey, FlowRate, Address, Hash32, uint) Key(FlowUpdate update) =>
            (update.Flow, update.Rate, update.FlowOperator, update.TransactionHash, update.LogIndex);
    }

    private async Task<(DevAccount Payer, DevAccount Payee)> PairAsync() =>
        (await chain.NewPayerAsync(TestContext.Current.CancellationToken, authorised: true), chain.NewAccount("payee"));

    private Task<TransactionReceipt> OpenAsync(DevAccount payer, DevAccount payee) => chain.CallCfaAsync(
        Operator, FlowCalls.CreateByOperator(new FlowKey(Aleph, payer.Address, payee.Address), Rate), TestContext.Current.CancellationToken);
}

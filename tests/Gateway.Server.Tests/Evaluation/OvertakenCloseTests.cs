using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Xunit;

namespace Gateway.Server.Tests.Evaluation;

/// <summary>A lease that is closed while the transaction that opens its flow is still on its way, on the real contracts.</summary>
public sealed class OvertakenCloseTests(SteppedWorld stepped) : IClassFixture<SteppedWorld>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DevAccount Payer => stepped.World.Chain.Accounts.Payers[0];

    private DevAccount Node => stepped.World.Chain.Accounts.Payees[0];

    private AccountKey Account => new(stepped.World.Chain.Tokens.Aleph, Payer.Address);

    [Fact]
    public async Task It_is_closed_only_when_nothing_flows_for_it_and_nothing_can_any_more()
    {
        await using var gateway = await stepped.NewGatewayAsync();
        var (session, evaluator, step) = (gateway.Get<AccountSession>(), gateway.Get<AccountEvaluator>(), gateway.Get<SettlementStep>());
        var control = stepped.World.Chain.Anvil.Control;
        await OpenAsync(gateway, "first", 3_000_000_000);
        await control.StopMiningAsync(Cancellation);
        while ((await gateway.Get<ILane>().OpenSlotsAsync(Cancellation)) is not [{ Attempts.IsEmpty: false }])
            await step.RunOnceAsync(Cancellation);

        await session.ChangeAsync(Account, book => AccountMachine.Close(book, LeaseId.Parse("first"), TimeProvider.System.GetUtcNow(), traceParent: null), Cancellation);
        await evaluator.EvaluateAsync(Account, at: null, Cancellation);
        Assert.Equal(LeaseState.Closing, await StateAsync(gateway, "first"));

        // It is executed after all; another lease comes before the deletion, and must not be paid beside it.
        await control.MineAsync(Cancellation);
        await control.MineOnDemandAsync(Cancellation);
        Assert.Equal(3_000_000_000, (long)(await FlowAsync()).WeiPerSecond);
        await OpenAsync(gateway, "second", 1_000_000_000);
        while (await StateAsync(gateway, "second") != LeaseState.Active || await StateAsync(gateway, "first") != LeaseState.Closed)
        {
            await step.RunOnceAsync(Cancellation);
            await evaluator.EvaluateAsync(Account, at: null, Cancellation);
        }

        Assert.Equal(1_000_000_000, (long)(await FlowAsync()).WeiPerSecond);
    }

    private async Task OpenAsync(SteppedGateway gateway, string id, long rate)
    {
        var head = (await stepped.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        var seen = await gateway.Get<ChainReader>().LookAsync(Account, [Node.Address], head, Cancellation);
        var lease = Storage.Given.Lease(id, Account) with
        {
            Rate = FlowRate.FromWeiPerSecond(rate),
            Payees = [new Payee(Node.Address, SharePpm.FromPpm(SharePpm.Whole), "node")],
            OpenedAt = TimeProvider.System.GetUtcNow(),
        };
        await gateway.Get<AccountSession>().ChangeAsync(Account, book => AccountMachine.Open(book, lease, seen), Cancellation);
    }

    private async Task<LeaseState> StateAsync(SteppedGateway gateway, string id) =>
        (await gateway.Get<AccountStore>().FindLeaseAsync(Account, LeaseId.Parse(id), Cancellation))!.State;

    private async Task<FlowRate> FlowAsync()
    {
        var rpc = stepped.World.Chain.Anvil.Rpc;
        var view = new AgreementViews(stepped.World.Chain.Contracts).Flow(new FlowKey(Account.SuperToken, Account.Payer, Node.Address));
        return (await view.AskAsync(rpc, await rpc.GetBlockNumberAsync(Cancellation), Cancellation)).Rate;
    }
}

using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Watching;

public sealed class WatcherStepTests(SteppedWorld stepped) : WatcherTest(stepped)
{
    [Fact]
    [Incident("1.2.4")]
    [Incident("1.6.10")]
    public async Task After_a_restart_every_block_since_the_cursor_is_followed()
    {
        var payer = NextPayer();
        await using (var before = await Stepped.NewGatewayAsync())
        {
            await WatchAsync(before);
            await ActivateAsync(before, payer);
            await WatchAsync(before);
        }

        var closed = await CloseFlowAsync(payer);
        await MineAsync(blocks: 40);

        await using var after = await Stepped.NewGatewayAsync();
        var watched = await WatchAsync(after);

        var pause = await PauseOfAsync(after, payer);
        Assert.Equal((Reason.FlowClosedByPayer, closed.Hash), (pause.Reason, pause.Evidence!.TransactionHash));
        Assert.Equal(closed.Block.Number, pause.Evidence.Block);
        Assert.Equal((await HeadAsync()).Block.Number, watched.Through);
    }

    [Fact]
    [Regression(39)]
    public async Task A_chain_that_does_not_continue_what_was_followed_is_read_again()
    {
        var payer = NextPayer();
        await using var gateway = await Stepped.NewGatewayAsync();
        await WatchAsync(gateway);
        await ActivateAsync(gateway, payer);
        var through = await WatchAsync(gateway);
        await CloseFlowAsync(payer);
        // A node of another mind has shown this height, and nothing in it.
        var head = (await HeadAsync()).Block.Number;
        var strange = new SeenBlock(head, Hash32.FromBytes([.. Enumerable.Repeat((byte)7, Hash32.Size)]));
        Assert.True(await gateway.Get<WatcherCursorStore>().AdvanceAsync(through.Through, strange, Cancellation));
        await MineAsync(blocks: 1);

        await WatchAsync(gateway);

        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(gateway, payer)).Reason);
    }

    [Fact]
    public async Task A_transfer_that_leaves_too_little_pauses_before_a_second_is_unpaid()
    {
        var payer = NextPayer();
        await using var gateway = await Stepped.NewGatewayAsync();
        await WatchAsync(gateway);
        await ActivateAsync(gateway, payer);
        await WatchAsync(gateway);
        await World.Chain.Sender.CallAsync(payer, World.Chain.Tokens.Aleph, TokenCalls.TransferAll(Node.Address), Cancellation);

        await WatchAsync(gateway);

        Assert.Equal(Reason.RunwayLow, (await PauseOfAsync(gateway, payer)).Reason);
    }

    [Fact]
    public async Task Two_watchers_of_one_cursor_tell_once()
    {
        var payer = NextPayer();
        await using var one = await Stepped.NewGatewayAsync();
        await using var other = await Stepped.NewGatewayAsync();
        await WatchAsync(one);
        await ActivateAsync(one, payer);
        await WatchAsync(one);
        await CloseFlowAsync(payer);

        await Task.WhenAll(WatchAsync(one), WatchAsync(other));

        var directives = await one.Get<DirectiveLog>().ReadAsync(DirectiveCursor.Start, 1000, Cancellation);
        Assert.Single(directives, d => d.Directive.Lease == LeaseOf(payer) && d.Directive.Execution == Execution.Pause);
    }

    [Fact]
    [Regression(29)]
    public async Task A_flow_that_was_closed_and_made_again_at_the_same_rate_is_paid_and_is_known_to_be_another_one()
    {
        var payer = NextPayer();
        await using var gateway = await Stepped.NewGatewayAsync();
        await WatchAsync(gateway);
        await ActivateAsync(gateway, payer);
        await WatchAsync(gateway);
        var before = await FlowOfAsync(gateway, payer);
        await CloseFlowAsync(payer);
        await World.Chain.Anvil.Control.AdvanceAsync(TimeSpan.FromSeconds(3), Cancellation);
        var create = FlowCalls.Create(World.Chain.Tokens.Aleph, Node.Address, Rate);
        var again = await World.Chain.Sender.CallAsync(
            payer, World.Chain.Contracts.Host, HostCalls.CallAgreement(World.Chain.Contracts.Cfa, create, []), Cancellation);

        await WatchAsync(gateway);

        var flow = await FlowOfAsync(gateway, payer);
        Assert.Equal((before.Rate, again.Block.Time), (flow.Rate, flow.LastUpdated));
        Assert.True(flow.LastUpdated > before.LastUpdated);
        var lease = await gateway.Get<AccountStore>().FindLeaseAsync(AccountOf(payer), LeaseOf(payer), Cancellation);
        Assert.Equal((LeaseState.Active, Execution.Run), (lease!.State, lease.Execution));
    }

    private async Task<FlowReading> FlowOfAsync(SteppedGateway gateway, DevAccount payer) =>
        (await gateway.Get<AccountStore>().LoadAsync(AccountOf(payer), Cancellation)).Account.Flows[Node.Address].Observed;
}

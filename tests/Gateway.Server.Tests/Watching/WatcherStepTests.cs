using Gateway.Chain.Rpc;
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
using Gateway.Server.Watching;
using Xunit;

namespace Gateway.Server.Tests.Watching;

public sealed class WatcherStepTests(SteppedWorld stepped) : IClassFixture<SteppedWorld>
{
    private static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(1_000_000_007);

    private static int _lastPayer = -1;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DevAccount Node => stepped.World.Chain.Accounts.Payees[0];

    [Fact]
    public async Task After_a_restart_every_block_since_the_cursor_is_followed()
    {
        var payer = NextPayer();
        await using (var before = await stepped.NewGatewayAsync())
        {
            await WatchAsync(before);
            await ActivateAsync(before, payer);
            await WatchAsync(before);
        }

        var closed = await CloseFlowAsync(payer);
        await MineAsync(blocks: 40);

        await using var after = await stepped.NewGatewayAsync();
        var watched = await WatchAsync(after);

        var pause = await PauseOfAsync(after, payer);
        Assert.Equal((Reason.FlowClosedByPayer, closed.Hash), (pause.Reason, pause.Evidence!.TransactionHash));
        Assert.Equal(closed.Block.Number, pause.Evidence.Block);
        Assert.Equal((await HeadAsync()).Block.Number, watched.Through);
    }

    [Fact]
    public async Task A_chain_that_does_not_continue_what_was_followed_is_read_again()
    {
        var payer = NextPayer();
        await using var gateway = await stepped.NewGatewayAsync();
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
        await using var gateway = await stepped.NewGatewayAsync();
        await WatchAsync(gateway);
        await ActivateAsync(gateway, payer);
        await WatchAsync(gateway);
        await stepped.World.Chain.Sender.CallAsync(payer, stepped.World.Chain.Tokens.Aleph, TokenCalls.TransferAll(Node.Address), Cancellation);

        await WatchAsync(gateway);

        Assert.Equal(Reason.RunwayLow, (await PauseOfAsync(gateway, payer)).Reason);
    }

    [Fact]
    public async Task Two_watchers_of_one_cursor_tell_once()
    {
        var payer = NextPayer();
        await using var one = await stepped.NewGatewayAsync();
        await using var other = await stepped.NewGatewayAsync();
        await WatchAsync(one);
        await ActivateAsync(one, payer);
        await WatchAsync(one);
        await CloseFlowAsync(payer);

        await Task.WhenAll(WatchAsync(one), WatchAsync(other));

        var directives = await one.Get<DirectiveLog>().ReadAsync(DirectiveCursor.Start, 1000, Cancellation);
        Assert.Single(directives, d => d.Directive.Lease == LeaseOf(payer) && d.Directive.Execution == Execution.Pause);
    }

    private DevAccount NextPayer() => stepped.World.Chain.Accounts.Payers[Interlocked.Increment(ref _lastPayer)];

    private AccountKey AccountOf(DevAccount payer) => new(stepped.World.Chain.Tokens.Aleph, payer.Address);

    private static LeaseId LeaseOf(DevAccount payer) => LeaseId.Parse($"of-{payer.Address}");

    /// <summary>Steps until the watcher has caught up.</summary>
    private static async Task<Watched> WatchAsync(SteppedGateway gateway)
    {
        var watched = await gateway.Get<WatcherStep>().RunOnceAsync(Cancellation);
        while (watched.IsBehind)
            watched = await gateway.Get<WatcherStep>().RunOnceAsync(Cancellation);
        return watched;
    }

    /// <summary>Opens a lease and settles it: an executed block shows it paid.</summary>
    private async Task ActivateAsync(SteppedGateway gateway, DevAccount payer)
    {
        var account = AccountOf(payer);
        var head = (await HeadAsync()).Block;
        var seen = await gateway.Get<ChainReader>().LookAsync(account, [Node.Address], head, Cancellation);
        var lease = new Lease
        {
            Id = LeaseOf(payer),
            VmId = "vm",
            Account = account,
            Rate = Rate,
            Payees = [new Payee(Node.Address, SharePpm.FromPpm(SharePpm.Whole), "node")],
            State = LeaseState.Opening,
            Breaker = LeaseBreaker.ClosedAt(TimeProvider.System.GetUtcNow()),
            Execution = Execution.Wait,
            OpenedAt = TimeProvider.System.GetUtcNow(),
            Fingerprint = "test",
        };
        await gateway.Get<AccountSession>().ChangeAsync(account, book => AccountMachine.Open(book, lease, seen), Cancellation);
        var step = gateway.Get<SettlementStep>();
        while ((await gateway.Get<AccountStore>().FindLeaseAsync(account, lease.Id, Cancellation))!.State != LeaseState.Active)
            await step.RunOnceAsync(Cancellation);
        // The next test's gateway need not wait until this one's leadership runs out.
        await step.ResignAsync(Cancellation);
    }

    private Task<TransactionReceipt> CloseFlowAsync(DevAccount payer)
    {
        var chain = stepped.World.Chain;
        var delete = FlowCalls.Delete(chain.Tokens.Aleph, payer.Address, Node.Address);
        return chain.Sender.CallAsync(payer, chain.Contracts.Host, HostCalls.CallAgreement(chain.Contracts.Cfa, delete, userData: []), Cancellation);
    }

    private async Task MineAsync(int blocks)
    {
        for (var i = 0; i < blocks; i++)
            await stepped.World.Chain.Anvil.Control.MineAsync(Cancellation);
    }

    private Task<BlockHeader> HeadAsync() => stepped.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation);

    private async Task<StoredDirective> PauseOfAsync(SteppedGateway gateway, DevAccount payer)
    {
        var directive = await gateway.Get<DirectiveLog>().FindPendingAsync(AccountOf(payer), LeaseOf(payer), Cancellation);
        Assert.Equal(Execution.Pause, directive?.Execution);
        return directive!;
    }
}

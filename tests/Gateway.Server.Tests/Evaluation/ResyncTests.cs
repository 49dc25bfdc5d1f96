using System.Diagnostics.Metrics;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Evaluation;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Watching;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Evaluation;

/// <summary>The audit compares every account with the chain: what hints should have brought is made good, and counted (chain-and-transactions.md §2.6.7).</summary>
public sealed class ResyncTests(SteppedWorld stepped) : WatcherTest(stepped)
{
    [Fact]
    public async Task Nothing_is_repaired_while_nothing_gets_lost()
    {
        await using var gateway = await Stepped.NewGatewayAsync();
        using var repairs = new Repairs(gateway.Get<IMeterFactory>());
        var payer = NextPayer();
        await WatchAsync(gateway);

        await ActivateAsync(gateway, payer);
        await WatchAsync(gateway);
        await AuditAsync(gateway, payer);
        await ResizeAsync(gateway, payer);
        await SettleAsync(gateway, AccountOf(payer), LeaseOf(payer));
        await CloseFlowAsync(payer);
        await WatchAsync(gateway);
        await AuditAsync(gateway, payer);

        Assert.Empty(repairs.Causes);
        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(gateway, payer)).Reason);
    }

    [Fact]
    public async Task A_mark_that_got_lost_is_made_again_by_the_next_look()
    {
        await using var gateway = await Stepped.NewGatewayAsync();
        using var repairs = new Repairs(gateway.Get<IMeterFactory>());
        var payer = NextPayer();
        await ActivateAsync(gateway, payer);
        await ResizeAsync(gateway, payer);
        var database = (await gateway.Get<RedisConnection>().MultiplexerAsync(Cancellation)).GetDatabase();
        Assert.True(await database.KeyDeleteAsync(RedisKeys.Of(AccountOf(payer)).InShard.Dirty));

        await AuditAsync(gateway, payer);
        await SettleAsync(gateway, AccountOf(payer), LeaseOf(payer));

        Assert.Equal(["Mark"], repairs.Causes);
    }

    /// <summary>The watcher has followed the block, and what it showed reached nobody: a node that gave no log, a look that was never made.</summary>
    [Fact]
    public async Task A_change_that_the_watcher_passed_by_is_found_by_the_audit()
    {
        await using var gateway = await Stepped.NewGatewayAsync();
        using var repairs = new Repairs(gateway.Get<IMeterFactory>());
        var payer = NextPayer();
        await WatchAsync(gateway);
        await ActivateAsync(gateway, payer);
        var through = (await WatchAsync(gateway)).Through;
        var closed = await CloseFlowAsync(payer);
        await gateway.Get<WatcherCursorStore>().AdvanceAsync(through, new SeenBlock(closed.Block.Number, closed.Block.Hash), Cancellation);

        await AuditAsync(gateway, payer);

        Assert.Equal(["Log"], repairs.Causes);
        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(gateway, payer)).Reason);
    }

    /// <summary>Its deadline has come.</summary>
    private async Task AuditAsync(SteppedGateway gateway, DevAccount payer)
    {
        await gateway.Get<AccountDeadlines>().BringForwardAsync(AccountOf(payer), TimeProvider.System.GetUtcNow(), Cancellation);
        Assert.NotEqual(0, (await gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation)).Looked);
    }

    private Task<SessionResult> ResizeAsync(SteppedGateway gateway, DevAccount payer) => gateway.Get<AccountSession>().ChangeAsync(
        AccountOf(payer),
        book => AccountMachine.Update(
            book, LeaseOf(payer), new LeaseChange(FlowRate.FromWeiPerSecond(2_000_000_007), Priority: null, PausedRate: null, TimeProvider.System.GetUtcNow(), TraceParent: null)),
        Cancellation);
}

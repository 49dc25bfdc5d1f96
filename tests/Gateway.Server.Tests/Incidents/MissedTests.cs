using Gateway.Chain.Superfluid;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Watching;
using Gateway.Testing;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Incidents;

/// <summary>What was missed, or came too late, let machines run unpaid elsewhere.</summary>
public sealed class MissedTests(SteppedWorld stepped) : ProxiedWatcherTest(stepped)
{
    /// <summary>His money went elsewhere, and no node tells of anything: what he has is read all the same, and the second is predicted.</summary>
    [Fact]
    [Incident("1.2.2")]
    public async Task Without_a_single_event_a_payer_who_runs_dry_is_paused_before_the_critical_second()
    {
        var payer = await WatchedPayerAsync();
        foreach (var proxy in Both)
            proxy.Faults.Always(Logs, NodeLies.NoLogs);
        var has = (await Gateway.Get<ChainReader>().LookAsync(AccountOf(payer), (await HeadAsync()).Block, Cancellation)).AvailableBalance;
        var left = TokenAmount.FromWei(Rate.WeiPerSecond * 30 * 60);
        await World.Chain.Sender.CallAsync(payer, World.Chain.Tokens.Aleph, TokenCalls.Transfer(World.Chain.Accounts.Governor.Address, has - left), Cancellation);

        await AuditAsync();
        Assert.Equal(Execution.Run, (await Gateway.Get<AccountStore>().FindLeaseAsync(AccountOf(payer), LeaseOf(payer), Cancellation))!.Execution);
        for (var minute = 0; minute < 16; minute++)
            await AuditAsync();

        var account = await Gateway.Get<AccountStore>().LoadAccountAsync(AccountOf(payer), Cancellation);
        Assert.Equal(Reason.RunwayLow, (await PauseOfAsync(Gateway, payer)).Reason);
        Assert.True(account.Health!.CriticalAt!.Value.ToDateTimeOffset() > Time.GetUtcNow());
    }

    private async Task AuditAsync()
    {
        Time.Advance(TimeSpan.FromSeconds(61));
        await WatchAsync(Gateway);
        await Gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation);
    }
}

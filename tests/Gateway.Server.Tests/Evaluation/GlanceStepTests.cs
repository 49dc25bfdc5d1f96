using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Evaluation;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Watching;
using Xunit;

namespace Gateway.Server.Tests.Evaluation;

/// <summary>The audit of an account about which nothing is in doubt: a glance, and a full look as soon as it sees anything else than predicted. No log is read here.</summary>
public sealed class GlanceStepTests(SteppedWorld stepped) : WatcherTest(stepped)
{
    [Fact]
    public async Task A_quiet_account_is_verified_by_a_glance_and_not_written_anew()
    {
        await using var gateway = await Stepped.NewGatewayAsync();
        var payer = await QuietAsync(gateway);
        var before = await LoadAsync(gateway, payer);
        await MineAsync(2);

        await AuditAsync(gateway, payer);

        var after = await LoadAsync(gateway, payer);
        Assert.Equal(before.Account.Version, after.Account.Version);
        Assert.Equal((await HeadAsync()).Block.Number, after.Account.Health!.Block);
        Assert.NotEqual(before.Account.Health!.Block, after.Account.Health.Block);
        Assert.Equal(before.Account.Health.FlowsReadAt, after.Account.Health.FlowsReadAt);
    }

    [Fact]
    public async Task A_closed_flow_that_no_log_told_of_is_found_by_a_glance()
    {
        await using var gateway = await Stepped.NewGatewayAsync();
        var payer = await QuietAsync(gateway);
        await CloseFlowAsync(payer);

        await AuditAsync(gateway, payer);

        Assert.Equal(Reason.FlowClosedByPayer, (await PauseOfAsync(gateway, payer)).Reason);
    }

    [Fact]
    public async Task A_balance_that_went_elsewhere_is_found_by_a_glance()
    {
        await using var gateway = await Stepped.NewGatewayAsync();
        var payer = await QuietAsync(gateway);
        await World.Chain.Sender.CallAsync(payer, World.Chain.Tokens.Aleph, TokenCalls.TransferAll(Node.Address), Cancellation);

        await AuditAsync(gateway, payer);

        Assert.Equal(Reason.RunwayLow, (await PauseOfAsync(gateway, payer)).Reason);
    }

    [Fact]
    public async Task A_grant_that_was_taken_back_is_found_by_a_glance()
    {
        await using var gateway = await Stepped.NewGatewayAsync();
        var payer = await QuietAsync(gateway);
        await World.Chain.Sender.CallAsync(
            payer,
            World.Chain.Contracts.Host,
            HostCalls.CallAgreement(World.Chain.Contracts.Cfa, FlowCalls.Revoke(World.Chain.Tokens.Aleph, World.Chain.Accounts.Operator.Address), userData: []),
            Cancellation);

        await AuditAsync(gateway, payer);

        var lease = (await LoadAsync(gateway, payer)).Leases.Values.Single();
        Assert.Equal((LeaseState.Active, Reason.PermissionRevoked), (lease.State, lease.Reason));
    }

    /// <summary>One flow lowered and another raised by as much: balance, buffer and net rate show nothing of it.</summary>
    [Fact]
    public async Task Two_changes_that_cancel_out_are_found_by_a_glance()
    {
        await using var gateway = await Stepped.NewGatewayAsync();
        var payer = await QuietAsync(gateway);
        var half = FlowRate.FromWeiPerSecond(500_000_003);
        await CallAsync(payer, FlowCalls.Update(World.Chain.Tokens.Aleph, Node.Address, Rate - half));
        await CallAsync(payer, FlowCalls.Create(World.Chain.Tokens.Aleph, World.Chain.Accounts.Payees[1].Address, half));

        await AuditAsync(gateway, payer);

        Assert.Equal(Reason.FlowRateLowered, (await PauseOfAsync(gateway, payer)).Reason);
    }

    private Task<TransactionReceipt> CallAsync(DevAccount payer, byte[] call) => World.Chain.Sender.CallAsync(
        payer, World.Chain.Contracts.Host, HostCalls.CallAgreement(World.Chain.Contracts.Cfa, call, userData: []), Cancellation);

    /// <summary>A lease that is paid, and that a full look found in order.</summary>
    private async Task<DevAccount> QuietAsync(SteppedGateway gateway)
    {
        var payer = NextPayer();
        await ActivateAsync(gateway, payer);
        // In a second of its own: what changed in the second of the block that is looked at is not quiet yet.
        await World.Chain.Anvil.Control.MineAtAsync((await HeadAsync()).Block.Time.PlusSeconds(1), Cancellation);
        await AuditAsync(gateway, payer);
        var due = await gateway.Get<AccountDeadlines>().ClaimDueAsync(DateTimeOffset.MaxValue, TimeSpan.Zero, 1_000, Cancellation);
        Assert.NotNull(due.Single(d => d.Account == AccountOf(payer)).ReadGlance());
        return payer;
    }

    private async Task AuditAsync(SteppedGateway gateway, DevAccount payer)
    {
        await gateway.Get<AccountDeadlines>().BringForwardAsync(AccountOf(payer), TimeProvider.System.GetUtcNow(), Cancellation);
        Assert.NotEqual(0, (await gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation)).Looked);
    }

    private Task<AccountBook> LoadAsync(SteppedGateway gateway, DevAccount payer) => gateway.Get<AccountStore>().LoadAsync(AccountOf(payer), Cancellation);
}

using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
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

/// <summary>The watcher's step on the real contracts: each test has a payer of its own.</summary>
public abstract class WatcherTest(SteppedWorld stepped) : IClassFixture<SteppedWorld>
{
    private protected static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(1_000_000_007);

    private protected SteppedWorld Stepped => stepped;

    private protected DevnetWorld World => stepped.World;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected DevAccount Node => World.Chain.Accounts.Payees[0];

    private protected DevAccount NextPayer() => stepped.NextPayer();

    private protected AccountKey AccountOf(DevAccount payer) => new(World.Chain.Tokens.Aleph, payer.Address);

    private protected static LeaseId LeaseOf(DevAccount payer) => LeaseId.Parse($"of-{payer.Address}");

    /// <summary>Steps until the watcher has caught up.</summary>
    private protected static async Task<Watched> WatchAsync(SteppedGateway gateway)
    {
        var watched = await gateway.Get<WatcherStep>().RunOnceAsync(Cancellation);
        while (watched.IsBehind)
            watched = await gateway.Get<WatcherStep>().RunOnceAsync(Cancellation);
        return watched;
    }

    /// <summary>Opens a lease and settles it: an executed block shows it paid.</summary>
    private protected async Task ActivateAsync(SteppedGateway gateway, DevAccount payer, Address? token = null)
    {
        var account = new AccountKey(token ?? World.Chain.Tokens.Aleph, payer.Address);
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
        await SettleAsync(gateway, account, lease.Id);
    }

    /// <summary>Until the lease is as it is wanted, and the chain shows it.</summary>
    private protected static async Task SettleAsync(SteppedGateway gateway, AccountKey account, LeaseId lease)
    {
        var step = gateway.Get<SettlementStep>();
        while ((await gateway.Get<AccountStore>().FindLeaseAsync(account, lease, Cancellation))!.State != LeaseState.Active)
            await step.RunOnceAsync(Cancellation);
        // The next test's gateway need not wait until this one's leadership runs out.
        await step.ResignAsync(Cancellation);
    }

    private protected Task<TransactionReceipt> CloseFlowAsync(DevAccount payer)
    {
        var chain = World.Chain;
        var delete = FlowCalls.Delete(chain.Tokens.Aleph, payer.Address, Node.Address);
        return chain.Sender.CallAsync(payer, chain.Contracts.Host, HostCalls.CallAgreement(chain.Contracts.Cfa, delete, userData: []), Cancellation);
    }

    private protected async Task MineAsync(int blocks)
    {
        for (var i = 0; i < blocks; i++)
            await World.Chain.Anvil.Control.MineAsync(Cancellation);
    }

    private protected Task<BlockHeader> HeadAsync() => World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation);

    private protected async Task<StoredDirective> PauseOfAsync(SteppedGateway gateway, DevAccount payer)
    {
        var directive = await gateway.Get<DirectiveLog>().FindPendingAsync(AccountOf(payer), LeaseOf(payer), Cancellation);
        Assert.Equal(Execution.Pause, directive?.Execution);
        return directive!;
    }
}

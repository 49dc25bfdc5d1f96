using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Rebuilding;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using StackExchange.Redis;
using Xunit;
using Payee = Gateway.Domain.Leases.Payee;

namespace Gateway.Server.Tests.Rebuilding;

/// <summary>A Redis that is emptied between two steps, on the real contracts.</summary>
public abstract class RebuildTest(SteppedWorld stepped) : IClassFixture<SteppedWorld>
{
    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected SteppedWorld Stepped => stepped;

    /// <summary>Of this test alone.</summary>
    private protected DevAccount Payer { get; } = stepped.NextPayer();

    private protected Address Node => stepped.World.Chain.Accounts.Payees[0].Address;

    private protected Address Community => stepped.World.Chain.Accounts.Community.Address;

    private protected AccountKey Account => AccountOf(Payer);

    private protected AccountKey AccountOf(DevAccount payer) => new(stepped.World.Chain.Tokens.Aleph, payer.Address);

    private protected LaneKeys Keys => new(stepped.World.Chain.Deployment.ChainId, stepped.World.Chain.Accounts.Operator.Address);

    /// <summary>A process that leads at once, as if the claim of the one before had run out, and that misses nothing.</summary>
    private protected Task<SteppedGateway> StartAsync() => StartWithAsync(TimeProvider.System);

    /// <summary>The same with a clock of its own.</summary>
    /// <param name="settings">What is different with it.</param>
    private protected async Task<SteppedGateway> StartWithAsync(TimeProvider time, params IEnumerable<KeyValuePair<string, string?>> settings)
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(stepped.World.Redis);
        await admin.GetDatabase().KeyDeleteAsync(Keys.Leader);
        // What the tests before have lost is not this one's: its lane need not wait for it.
        var rpc = stepped.World.Chain.Anvil.Rpc;
        var consumed = await rpc.GetTransactionCountAsync(
            stepped.World.Chain.Accounts.Operator.Address, await rpc.GetBlockNumberAsync(Cancellation), Cancellation);
        await admin.GetDatabase().HashSetAsync(Keys.HighWater, [new("consumed", consumed.Value), new("block", 1), new("stamp", 1_000_000), new("journal", 1)]);
        return await stepped.NewGatewayWithAsync(time, settings);
    }

    /// <summary>What the pass alone does not: it is part of a step of the leader.</summary>
    private protected async Task SayReadAsync()
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(stepped.World.Redis);
        for (var shard = 0; shard < RedisKeys.Shards; shard++)
            await admin.GetDatabase().StringSetAsync(RedisKeys.OfShard(shard).Journal, 1);
    }

    private protected Task<Domain.Leases.Lease> OpenAsync(SteppedGateway gateway, string id, long rate, DevAccount? payer = null) =>
        OpenAsync(gateway, id, rate, AccountOf(payer ?? Payer), settle: true);

    private protected Task<Domain.Leases.Lease> RequestAsync(SteppedGateway gateway, string id, long rate) => OpenAsync(gateway, id, rate, Account, settle: false);

    private async Task<Domain.Leases.Lease> OpenAsync(SteppedGateway gateway, string id, long rate, AccountKey account, bool settle)
    {
        var head = (await stepped.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        var seen = await gateway.Get<ChainReader>().LookAsync(account, [Node, Community], head, Cancellation);
        var draft = Storage.Given.Lease(id, account) with
        {
            Rate = FlowRate.FromWeiPerSecond(rate),
            Payees = [new Payee(Node, SharePpm.FromPpm(800_000), "node"), new Payee(Community, SharePpm.FromPpm(200_000), "community")],
            OpenedAt = TimeProvider.System.GetUtcNow(),
        };
        await gateway.Get<LeaseClaims>().ClaimAsync(draft.Id, account, Cancellation);
        var result = await gateway.Get<AccountSession>().ChangeAsync(
            account, book => book.Leases.ContainsKey(draft.Id) ? AccountMachine.Adopt(book, draft, seen) : AccountMachine.Open(book, draft, seen), Cancellation);
        if (settle)
            await SettleAsync(gateway, account);
        return result.After.Leases[draft.Id];
    }

    private protected Task SettleAsync(SteppedGateway gateway) => SettleAsync(gateway, Account);

    private static async Task SettleAsync(SteppedGateway gateway, AccountKey account)
    {
        // What others might still add to is waited for: as long as that takes.
        while (!await IsSettledAsync(gateway, account))
        {
            await gateway.Get<SettlementStep>().RunOnceAsync(Cancellation);
            await gateway.Get<AccountEvaluator>().EvaluateAsync(account, at: null, Cancellation);
        }
    }

    private static async Task<bool> IsSettledAsync(SteppedGateway gateway, AccountKey account)
    {
        var book = await gateway.Get<AccountStore>().LoadAsync(account, Cancellation);
        return book.Account.Flows.Values.All(f => f.Desired == f.Observed.Rate) && (await gateway.Get<ILane>().OpenSlotsAsync(Cancellation)).Count == 0;
    }

    /// <summary>As often as it takes.</summary>
    private protected static async Task<RebuildOutcome> RunAsync(SteppedGateway gateway, RebuildProgress progress, bool dryRun = false)
    {
        RebuildOutcome outcome;
        do
            outcome = await gateway.Get<RebuildPass>().RunAsync(progress, dryRun, Cancellation);
        while (outcome.HasMore);
        return outcome;
    }

    private protected async Task DatabaseAsync(Func<IDatabase, Task> use)
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(stepped.World.Redis);
        await use(admin.GetDatabase());
    }

    private protected async Task EmptyAsync()
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(stepped.World.Redis + ",allowAdmin=true");
        foreach (var server in admin.GetServers())
            await server.FlushAllDatabasesAsync();
    }

    private protected Task<Gateway.Chain.Rpc.TransactionReceipt> CallCfaAsync(byte[] data) => stepped.World.Chain.Sender.CallAsync(
        Payer, stepped.World.Chain.Contracts.Host, HostCalls.CallAgreement(stepped.World.Chain.Contracts.Cfa, data, []), Cancellation);
}

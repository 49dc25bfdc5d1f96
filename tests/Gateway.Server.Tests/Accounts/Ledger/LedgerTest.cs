using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Accounts whose flows are changed by hand on the real contracts, and what the gateway writes down of it. Moves the chain's clock.</summary>
public abstract class LedgerTest(SteppedWorld stepped) : CustomerTest(stepped)
{
    private protected static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(1_234_567_890_123);

    private static int _lastNode = 800_000;

    private protected Address Aleph => Chain.Tokens.Aleph;

    private protected static DevAccount NewNode() => DevAccount.Of("node", Interlocked.Increment(ref _lastNode));

    /// <summary>A lease that has not run, so that the payee's flow is on the payer's statement.</summary>
    private protected Task<Lease> StoreAsync(SteppedGateway gateway, AccountKey account, params Address[] payees) =>
        StoreAsync(gateway, account, payees, Rate, static (_, openedAt) => (null, openedAt));

    /// <summary>The same, opened at the head: what is older is not the account's first lease's.</summary>
    private protected async Task<Lease> StoreAtHeadAsync(SteppedGateway gateway, AccountKey account, params Address[] payees) =>
        await StoreAsync(gateway, account, payees, Rate, static (_, at) => (null, at), (await HeadAsync()).Time.ToDateTimeOffset());

    /// <param name="ran">What its meter was told.</param>
    /// <param name="opened">Null: before anything that the test does.</param>
    private protected async Task<Lease> StoreAsync(
        SteppedGateway gateway, AccountKey account, Address[] payees, FlowRate rate, Func<Meter, DateTimeOffset, (Meter? Meter, DateTimeOffset)> ran, DateTimeOffset? opened = null)
    {
        var store = gateway.Get<AccountStore>();
        var before = await store.LoadAsync(account, Cancellation);
        // The chain's clock: another test of the class may have moved it on by days.
        var openedAt = opened ?? (await HeadAsync()).Time.ToDateTimeOffset().AddMinutes(-10);
        var share = SharePpm.Whole / (uint)(payees.Length + 1);
        var lease = new Lease
        {
            Id = LeaseId.Parse($"{before.Leases.Count}-{account.SuperToken.ToString()[^4..]}-{account.Payer}"),
            VmId = "vm",
            Account = account,
            Rate = rate,
            Payees = [.. payees.Select((p, i) => new Payee(p, SharePpm.FromPpm(i == 0 ? SharePpm.Whole - (share * (uint)(payees.Length - 1)) : share), "node"))],
            State = LeaseState.Active,
            Breaker = LeaseBreaker.ClosedAt(openedAt),
            Execution = Execution.Run,
            OpenedAt = openedAt,
            Fingerprint = "test",
        };
        lease = ran(lease.Meter, openedAt).Meter is { } meter ? lease with { Meter = meter } : lease;
        await store.CommitAsync(before, before.With(lease), [], NextLook.Never, TimeProvider.System.GetUtcNow().AddMinutes(-10), Cancellation);
        return lease;
    }

    /// <summary>Whatever makes a block makes it so many seconds after the last one.</summary>
    private protected async Task<T> AtAsync<T>(ulong seconds, Func<Task<T>> block)
    {
        await Chain.Anvil.Control.SetNextBlockTimeAsync((await HeadAsync()).Time.PlusSeconds(seconds), Cancellation);
        return await block();
    }

    private protected Task<bool> PassAsync(ulong seconds) => AtAsync(seconds, async () =>
    {
        await Chain.Anvil.Control.MineAsync(Cancellation);
        return true;
    });

    private protected async Task<BlockRef> HeadAsync() => (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;

    /// <summary>All that is an account's at the head: what it can spend, and its buffers.</summary>
    private protected async Task<TokenAmount> WorthAsync(AccountKey account)
    {
        var head = await HeadAsync();
        var flows = await new AgreementViews(Chain.Contracts).AccountFlows(account).AskAsync(Chain.Anvil.Rpc, head.Number, Cancellation);
        return flows.Deposit + await TokenViews.AvailableBalance(account, head.Time).AskAsync(Chain.Anvil.Rpc, head.Number, Cancellation);
    }

    private protected static Task<Wire.Statement> GetAsync(SteppedGateway gateway, AccountKey account, ulong? from = null, ulong? to = null) =>
        gateway.Get<StatementDesk>().GetAsync(
            new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString(), From = Second(from), To = Second(to) }, Cancellation);

    private protected static Task<Wire.PayeeStatement> GetOfPayeeAsync(SteppedGateway gateway, Address token, Address payee, ulong? from = null, ulong? to = null) =>
        gateway.Get<PayeeStatementDesk>().GetAsync(
            new Wire.GetPayeeStatementRequest { Payee = payee.ToString(), Token = token.ToString(), From = Second(from), To = Second(to) }, Cancellation);

    private protected static Timestamp? Second(ulong? at) => at is { } second ? new Timestamp { Seconds = (long)second } : null;
}

using System.Text.Json.Nodes;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transactions;
using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Gateway.Testing.Redis;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Settlement as it is built for production, on the real contracts and a real Redis, with two endpoints that behave like coreth or as badly as a test wants.</summary>
public abstract class ProxiedLaneTest(ChainFixture chain, RedisFixture redis) : IClassFixture<ChainFixture>, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private protected const string Send = "eth_sendRawTransaction";
    private protected const string Receipt = "eth_getTransactionReceipt";
    private protected const string Count = "eth_getTransactionCount";

    private protected static readonly FlowRate Price = FlowRate.FromWeiPerSecond(1_000_000_000_007);

    private readonly List<RealLane> _lanes = [];
    private readonly HashSet<Hash32> _foreign = [];
    private ulong _before;

    private protected ChainFixture Chain => chain;

    private protected ShiftedTime Time { get; } = new();

    private protected RpcProxy First { get; private set; } = null!; // Set before the test runs.

    private protected RpcProxy Second { get; private set; } = null!; // Set before the test runs.

    private protected RpcProxy[] Both => [First, Second];

    private protected RealLane Lane { get; set; } = null!; // Set before the test runs.

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected Address Node => chain.Chain.Accounts.Payees[0].Address;

    private protected Address Operator => chain.Chain.Accounts.Operator.Address;

    /// <summary>Nonces that were consumed in this test.</summary>
    private protected async Task<ulong> ConsumedAsync() => await TotalAsync() - _before;

    /// <summary>The operator's nonce when the test began.</summary>
    private protected Nonce FirstNonce => new(_before);

    /// <summary>Different transactions that the endpoints were given by us, in the order in which they first came.</summary>
    private protected IReadOnlyList<PooledTransaction> Sent =>
        [.. Both.SelectMany(p => p.Pool.Received).Where(t => !_foreign.Contains(t.Hash)).OrderBy(t => t.At).DistinctBy(t => t.Hash)];

    private protected virtual IEnumerable<string> Settings => [];

    public virtual async ValueTask InitializeAsync()
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(redis.Connection + ",allowAdmin=true");
        await admin.GetServers()[0].FlushAllDatabasesAsync();
        await AnvilAsync("anvil_dropAllTransactions");
        await MineAtAsync(Wei.FromGwei(1));
        _before = await TotalAsync();
        (First, Second) = (await NewProxyAsync(), await NewProxyAsync());
        Lane = await StartAsync();
        await Lane.NothingWasLostAsync(Cancellation);
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
            await lane.DisposeAsync();
        foreach (var proxy in Both)
            await proxy.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>One more process, that leads at once.</summary>
    private protected async Task<RealLane> StartAsync()
    {
        var endpoints = ProxySettings.Of(Both).Select(s => $"--{s.Key}={s.Value}");
        var lane = await RealLane.StartAsync(chain, redis.Connection, Time, Cancellation, settings: [.. endpoints, .. Settings]);
        _lanes.Add(lane);
        return lane;
    }

    /// <summary>A payer whose money the operator may stream; afterwards nothing is mined but on demand of the test.</summary>
    private protected async Task<DevAccount> NewPayerAsync()
    {
        await chain.Control.MineOnDemandAsync(Cancellation);
        var payer = await chain.NewPayerAsync(Cancellation, authorised: true);
        await chain.Control.StopMiningAsync(Cancellation);
        return payer;
    }

    /// <summary>Opens a lease of a new payer for everything to the node; nothing is settled yet.</summary>
    private protected async Task<DevAccount> OpenAsync(string id = "one")
    {
        var payer = await NewPayerAsync();
        await Lane.OpenAsync(id, payer, Price, [(Node, 1_000_000)], Cancellation);
        return payer;
    }

    private protected async Task<OpenSlot> OnlySlotAsync() => Assert.Single(await Lane.Lane.OpenSlotsAsync(Cancellation));

    private protected Task<StepResult> StepAsync() => Lane.StepAsync(Cancellation);

    private protected Task MineAsync() => chain.Control.MineAsync(Cancellation);

    private protected async Task MineAtAsync(Wei baseFee)
    {
        await chain.Control.SetNextBaseFeeAsync(baseFee, Cancellation);
        await MineAsync();
    }

    /// <summary>Steps, blocks and seconds in turn until nothing is left to do.</summary>
    private protected async Task SettleAsync()
    {
        for (var i = 0; i < 60; i++)
        {
            if (await StepAsync() == StepResult.Idle && await Lane.IsCleanAsync(Cancellation))
                return;
            await MineAsync();
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Fail($"Not settled: {string.Join(", ", Lane.Troubles)}");
    }

    /// <summary>The lease is paid to the wei, by so many transactions in all, and its flow was made once.</summary>
    private protected async Task AssertPaidOnceAsync(DevAccount payer, ulong transactions = 1, string id = "one")
    {
        Assert.Equal([Price], await RatesAsync(payer));
        Assert.Equal(LeaseState.Active, (await Lane.LeaseAsync(id, payer, Cancellation)).State);
        Assert.Equal(transactions, await ConsumedAsync());
        Assert.Empty(await Lane.Lane.OpenSlotsAsync(Cancellation));
    }

    /// <summary>Every rate that the flow to the node has ever had.</summary>
    private protected async Task<List<FlowRate>> RatesAsync(DevAccount payer)
    {
        var head = await chain.Rpc.GetBlockNumberAsync(Cancellation);
        var all = LogFilter.OfRange(default, head, [chain.Contracts.Cfa]);
        return [.. FlowEvents.Read(await chain.Rpc.GetLogsAsync(all, Cancellation), chain.Contracts.Cfa)
            .Where(u => u.Flow.Payer == payer.Address && u.Flow.Payee == Node)
            .Select(u => u.Rate)];
    }

    private protected async Task<string?> OutcomeAsync(ulong slot)
    {
        string? outcome = null;
        await Lane.DatabaseAsync(async d => outcome = await d.HashGetAsync(Lane.Keys.Slot(new Nonce(_before + slot)), "outcome"));
        return outcome;
    }

    /// <summary>Nobody has any transaction any more.</summary>
    private protected async Task LosePoolsAsync()
    {
        await AnvilAsync("anvil_dropAllTransactions");
        foreach (var proxy in Both)
            await proxy.Pool.ForgetAsync();
    }

    /// <summary>Somebody else who has the operator's key sends something, to every endpoint.</summary>
    /// <param name="nonce">Counted from <see cref="FirstNonce"/>.</param>
    private protected async Task SendByAnotherAsync(ulong nonce, Wei tip, Wei feeCap)
    {
        var transaction = new Eip1559Transaction(
            chain.Chain.Deployment.ChainId, new Nonce(_before + nonce), tip, feeCap, 21_000, Operator, Wei.Zero, []);
        var signed = await transaction.SignAsync(chain.Chain.Accounts.Operator.Signer, Cancellation);
        _foreign.Add(signed.Hash);
        foreach (var proxy in Both)
            await proxy.Pool.SendAsync(new RpcRequest(Id: 1, Send, ["0x" + Convert.ToHexStringLower(signed.Raw)], Cancellation));
    }

    private protected async Task AnvilAsync(string method, params JsonNode[] parameters) =>
        await chain.Chain.Anvil.Transport.SendAsync(new RpcCall(method, new JsonArray(parameters)), Cancellation);

    private protected static void Everywhere(RpcProxy[] proxies, string method, NodeFault fault, int times = 1)
    {
        foreach (var proxy in proxies)
            proxy.Faults.Next(method, fault, times);
    }

    private async Task<ulong> TotalAsync() =>
        (await chain.Rpc.GetTransactionCountAsync(Operator, await chain.Rpc.GetBlockNumberAsync(Cancellation), Cancellation)).Value;

    private Task<RpcProxy> NewProxyAsync() => RpcProxy.StartAsync(
        chain.Chain.Anvil.Url, chain.Chain.Anvil.WebSocketUrl, new ProxyOptions { Time = Time });
}

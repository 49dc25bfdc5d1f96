using System.Net;
using System.Text.Json.Nodes;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transactions;
using Gateway.Chain.Transport;
using Gateway.Client;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.Anvil;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing.Proxy;
using Gateway.Testing.Redis;
using Microsoft.Extensions.Configuration;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Chaos;

/// <summary>A whole gateway with all its workers, between a real Redis and two endpoints over one chain with the real contracts. The chain mines every second.</summary>
internal sealed class ChaosWorld : IAsyncDisposable
{
    private const int Payers = 4;

    private readonly IRedisServer _redis;
    private readonly TcpPump _link;
    private readonly GatewayHost _gateway;
    private readonly IAsyncEnumerator<ChainHint> _heads;

    private ChaosWorld(IRedisServer redis, TcpPump link, DevnetWorld devnet, RpcProxy[] proxies, GatewayHost gateway)
    {
        (_redis, _link, Devnet, Proxies, _gateway) = (redis, link, devnet, proxies, gateway);
        Client = new SchedulerClient(devnet.GrpcUrl);
        var setup = new FeedSetup(devnet.Chain.Anvil.WebSocketUrl, devnet.Chain.Deployment.ChainId);
        _heads = new ChainFeed(setup, TimeProvider.System, () => 0).ReadAsync(Cancellation).GetAsyncEnumerator(Cancellation);
    }

    public DevnetWorld Devnet { get; }

    public RpcProxy[] Proxies { get; }

    public SchedulerClient Client { get; }

    public AnvilControl Control => Devnet.Chain.Anvil.Control;

    public IEthRpc Rpc => Devnet.Chain.Anvil.Rpc;

    public Address Node => Devnet.Chain.Accounts.Payees[0].Address;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ChaosWorld> StartAsync()
    {
        var redis = await RedisChoice.StartAsync(Cancellation);
        var link = new TcpPump(((IPEndPoint)ConfigurationOptions.Parse(redis.Connection).EndPoints[0]).Port);
        var options = new DevnetOptions { Redis = $"127.0.0.1:{link.Port}", Payers = Payers, Authorize = true };
        var devnet = await DevnetWorld.StartAsync(options, TestContext.Current.SendDiagnosticMessage, TimeProvider.System, Cancellation);
        RpcProxy[] proxies = [await NewProxyAsync(devnet), await NewProxyAsync(devnet)];
        var gateway = await GatewayHost.StartAsync(devnet, GatewayOutput.None, TimeProvider.System, Cancellation, builder =>
            builder.Configuration.AddInMemoryCollection(
            [
                .. ProxySettings.Of(proxies, withSockets: true),
                new("Logging:LogLevel:Default", "None"),
                new("Gateway:Policy:AuditInterval", "00:00:02"),
                // Flows are compared with the sums of their legs: no trim may lean on one meanwhile.
                new("Gateway:Policy:DriftTolerance", "01:00:00"),
            ]));
        return new ChaosWorld(redis, link, devnet, proxies, gateway);
    }

    /// <summary>The way to Redis: hold it, and Redis stands still.</summary>
    public TcpPump RedisLink => _link;

    /// <summary>Returns when the chain has told of a block that was not there before.</summary>
    public async Task NextBlockAsync()
    {
        var before = await Rpc.GetBlockNumberAsync(Cancellation);
        do
            Assert.True(await _heads.MoveNextAsync());
        while (!(_heads.Current is ChainHint.NewHead head && head.Number > before));
    }

    /// <summary>The whole flow of a payer to the node, as the newest block shows it.</summary>
    public async Task<FlowRate> FlowAsync(Address payer)
    {
        var flow = new FlowKey(Devnet.Chain.Tokens.Aleph, payer, Node);
        return (await new AgreementViews(Devnet.Chain.Contracts).Flow(flow).AskAsync(Rpc, await Rpc.GetBlockNumberAsync(Cancellation), Cancellation)).Rate;
    }

    /// <summary>In the payer's own wallet.</summary>
    public async Task CloseFlowAsync(DevAccount payer)
    {
        var chain = Devnet.Chain;
        var call = HostCalls.CallAgreement(chain.Contracts.Cfa, FlowCalls.Delete(chain.Tokens.Aleph, payer.Address, Node), []);
        Assert.True((await chain.Sender.CallAsync(payer, chain.Contracts.Host, call, Cancellation)).Succeeded);
    }

    public async Task AnvilAsync(string method, params JsonNode[] parameters) =>
        await Devnet.Chain.Anvil.Transport.SendAsync(new RpcCall(method, new JsonArray(parameters)), Cancellation);

    /// <summary>Somebody else who has the operator's key uses its next nonce, and pays so well that he is first.</summary>
    public async Task UseNonceAsync()
    {
        var operatorKey = Devnet.Chain.Accounts.Operator;
        var consumed = await Rpc.GetTransactionCountAsync(operatorKey.Address, await Rpc.GetBlockNumberAsync(Cancellation), Cancellation);
        var transaction = new Eip1559Transaction(
            Devnet.Chain.Deployment.ChainId, consumed, Wei.FromGwei(30), Wei.FromGwei(5_000), 21_000, operatorKey.Address, Wei.Zero, []);
        await Rpc.SendRawTransactionAsync((await transaction.SignAsync(operatorKey.Signer, Cancellation)).Raw, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _heads.DisposeAsync();
        Client.Dispose();
        await _gateway.DisposeAsync();
        foreach (var proxy in Proxies)
            await proxy.DisposeAsync();
        await Devnet.DisposeAsync();
        await _link.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static Task<RpcProxy> NewProxyAsync(DevnetWorld devnet) =>
        RpcProxy.StartAsync(devnet.Chain.Anvil.Url, devnet.Chain.Anvil.WebSocketUrl, new ProxyOptions());
}

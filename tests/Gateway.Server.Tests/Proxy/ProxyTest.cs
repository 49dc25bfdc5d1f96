using System.Text.Json.Nodes;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transactions;
using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Proxy;

/// <summary>A proxy in front of a real local chain, asked as the gateway's client asks.</summary>
public abstract class ProxyTest(ChainFixture chain) : IClassFixture<ChainFixture>, IAsyncLifetime
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null }, disposeHandler: true);
    private readonly List<RpcProxy> _proxies = [];

    private protected ChainFixture Chain => chain;

    private protected ObservedClock Time { get; } = new();

    private protected RpcProxy Proxy { get; private set; } = null!; // Set before the test runs.

    private protected EthRpc Rpc { get; private set; } = null!; // Set before the test runs.

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        Proxy = await StartAsync();
        Rpc = RpcOf(Proxy);
        await chain.Control.MineOnDemandAsync(Cancellation);
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies)
            await proxy.DisposeAsync();
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task<RpcProxy> StartAsync(CorethRules? rules = null)
    {
        var anvil = chain.Chain.Anvil;
        var proxy = await RpcProxy.StartAsync(anvil.Url, anvil.WebSocketUrl, new ProxyOptions { Coreth = rules ?? new CorethRules(), Time = Time, Seed = 7 });
        _proxies.Add(proxy);
        return proxy;
    }

    private protected HttpJsonRpcTransport TransportOf(RpcProxy proxy) => new(_http, proxy.Url, new JsonRpcOptions());

    private protected EthRpc RpcOf(RpcProxy proxy) => new(TransportOf(proxy));

    private protected async Task<string?> AskAsync(string method, params JsonNode[] parameters) =>
        (await TransportOf(Proxy).SendAsync(new RpcCall(method, new JsonArray(parameters)), Cancellation)).GetString();

    /// <summary>An account with money for gas.</summary>
    private protected async Task<DevAccount> NewSenderAsync()
    {
        var sender = chain.NewAccount("sender");
        await chain.Control.SetBalanceAsync(sender.Address, Funds.OfAvax(1000), Cancellation);
        return sender;
    }

    /// <summary>Sends nothing to itself.</summary>
    private protected async Task<SignedTransaction> SignAsync(DevAccount sender, ulong nonce, long tip, long feeCap) => await new Eip1559Transaction(
        chain.Chain.Deployment.ChainId, new Nonce(nonce), Wei.From(tip), Wei.From(feeCap), 21_000, sender.Address, Wei.Zero, []).SignAsync(sender.Signer, Cancellation);

    private protected async Task<SendOutcome> SendAsync(DevAccount sender, ulong nonce, long tip, long feeCap) =>
        await Rpc.SendRawTransactionAsync((await SignAsync(sender, nonce, tip, feeCap)).Raw, Cancellation);

    /// <summary>How many transactions of it the chain has executed, once everything is that can be.</summary>
    private protected async Task<ulong> ConsumedAsync(DevAccount sender)
    {
        // The local node mines on demand a little after it has answered.
        await chain.Control.MineAsync(Cancellation);
        return (await chain.Rpc.GetTransactionCountAsync(sender.Address, await chain.Rpc.GetBlockNumberAsync(Cancellation), Cancellation)).Value;
    }
}

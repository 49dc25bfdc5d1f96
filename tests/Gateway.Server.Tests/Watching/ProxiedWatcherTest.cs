using Gateway.Devnet.Accounts;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Watching;

/// <summary>The same with two endpoints over one chain that a test may make lie, and a clock that it may put forward.</summary>
public abstract class ProxiedWatcherTest(SteppedWorld stepped) : WatcherTest(stepped), IAsyncLifetime
{
    private protected const string Logs = "eth_getLogs";

    private protected ShiftedTime Time { get; } = new();

    private protected RpcProxy First { get; private set; } = null!; // Set before the test runs.

    private protected RpcProxy Second { get; private set; } = null!; // Set before the test runs.

    private protected SteppedGateway Gateway { get; private set; } = null!; // Set before the test runs.

    private protected RpcProxy[] Both => [First, Second];

    public virtual async ValueTask InitializeAsync()
    {
        (First, Second) = (await NewProxyAsync(), await NewProxyAsync());
        Gateway = await NewProxiedGatewayAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await First.DisposeAsync();
        await Second.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected Task<SteppedGateway> NewProxiedGatewayAsync() => Stepped.NewGatewayWithAsync(Time, ProxySettings.Of(Both));

    /// <summary>Another process in the place of the one that there was.</summary>
    private protected async Task RestartAsync()
    {
        await Gateway.DisposeAsync();
        Gateway = await NewProxiedGatewayAsync();
    }

    /// <summary>One whose lease is active, and known to the watcher.</summary>
    private protected async Task<DevAccount> WatchedPayerAsync()
    {
        var payer = NextPayer();
        await WatchAsync(Gateway);
        await ActivateAsync(Gateway, payer);
        await WatchAsync(Gateway);
        return payer;
    }

    private Task<RpcProxy> NewProxyAsync() =>
        RpcProxy.StartAsync(World.Chain.Anvil.Url, World.Chain.Anvil.WebSocketUrl, new ProxyOptions { Time = Time });
}

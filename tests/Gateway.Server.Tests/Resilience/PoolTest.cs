using Gateway.Chain.Rpc;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Resilience;
using Gateway.Server.Telemetry;
using Gateway.Server.Workers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

/// <summary>A pool over real HTTP servers, made by the gateway's own registrations.</summary>
public abstract class PoolTest : IAsyncLifetime
{
    private ServiceProvider? _services;

    private protected TestClock Time { get; } = new();

    private protected LogLines Logs { get; } = new();

    private protected ScriptedNode First { get; private set; } = null!; // Set before the test runs.

    private protected ScriptedNode Second { get; private set; } = null!; // Set before the test runs.

    private protected RpcPool Pool => Services.GetRequiredService<RpcPool>();

    private protected IServiceProvider Services => _services ?? throw new InvalidOperationException("Not initialised yet.");

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected static Address Account { get; } = Address.Parse("0x00000000000000000000000000000000000000a1");

    public virtual async ValueTask InitializeAsync()
    {
        First = await ScriptedNode.StartAsync();
        Second = await ScriptedNode.StartAsync();
        First.Balance = 1;
        Second.Balance = 2;
        _services = Build(First, Second);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_services is not null)
            await _services.DisposeAsync();
        await First.DisposeAsync();
        await Second.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether the first endpoint has a socket.</summary>
    private protected virtual bool HasSocket => false;

    private ServiceProvider Build(params ScriptedNode[] nodes)
    {
        // Before a test takes a node down.
        var urls = nodes.Select(n => n.Url).ToList();
        var socket = HasSocket ? nodes[0].SocketUrl : null;
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs));
        services.AddMetrics();
        services.AddSingleton<TimeProvider>(Time);
        services.Configure<ChainOptions>(options =>
        {
            options.ChainId = 43114;
            for (var i = 0; i < urls.Count; i++)
                options.Endpoints.Add(new EndpointOptions { Url = urls[i], Name = i == 0 ? "first" : "second", WebSocketUrl = i == 0 ? socket : null });
        });
        services.AddSingleton(new HeadTiming(() => 0));
        services.AddSingleton<GatewayMetrics>();
        services.AddRpcPool();
        services.AddWorkers();
        services.AddChainHeads();
        return services.BuildServiceProvider();
    }

    /// <summary>Who answered: nodes differ in the balances they tell.</summary>
    private protected async Task<ulong> BalanceAsync(ulong at = 100) => (ulong)(await Pool.GetBalanceAsync(Account, new BlockNumber(at), Cancellation)).Value;

    private protected Task<SendOutcome> SendAsync() => Pool.SendRawTransactionAsync(new byte[] { 2 }, Cancellation);
}

using Gateway.Devnet.World;
using Gateway.Server.Chains;
using Gateway.Testing.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Server.Tests.Hosting;

/// <summary>Real parts for gateways whose workers do not run: a test runs their steps itself, one at a time. The chain mines a block for each transaction.</summary>
public sealed class SteppedWorld : IAsyncLifetime
{
    private IRedisServer? _redis;
    private DevnetWorld? _world;

    internal DevnetWorld World => _world ?? throw new InvalidOperationException("Not started yet.");

    public async ValueTask InitializeAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        _redis = await RedisChoice.StartAsync(cancellationToken);
        var options = new DevnetOptions { Redis = _redis.Connection, Payers = 8, Authorize = true };
        _world = await DevnetWorld.StartAsync(options, TestContext.Current.SendDiagnosticMessage, TimeProvider.System, cancellationToken);
        await _world.Chain.Anvil.Control.MineOnDemandAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_world is not null)
            await _world.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    /// <summary>The gateway's parts as production wires them, verified against the chain, and nothing running. Disposed of, it has died.</summary>
    internal async Task<SteppedGateway> NewGatewayAsync()
    {
        var app = GatewayApplication.Build([], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection(GatewaySettings.Of(World));
        });
        await app.Services.GetRequiredService<ChainGate>().StartingAsync(TestContext.Current.CancellationToken);
        return new SteppedGateway(app);
    }
}

/// <summary>One process's worth of gateway.</summary>
internal sealed class SteppedGateway(WebApplication app) : IAsyncDisposable
{
    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

using Gateway.Devnet.Accounts;
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
    private int _lastPayer = -1;

    internal DevnetWorld World => _world ?? throw new InvalidOperationException("Not started yet.");

    public async ValueTask InitializeAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        _redis = await RedisChoice.StartAsync(cancellationToken);
        var options = new DevnetOptions { Redis = _redis.Connection, Payers = 24, Authorize = true };
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

    /// <summary>One that no other test has, with money that the operator may stream.</summary>
    internal DevAccount NextPayer() => World.Chain.Accounts.Payers[Interlocked.Increment(ref _lastPayer)];

    /// <summary>The gateway's parts as production wires them, verified against the chain, and nothing running. Disposed of, it has died.</summary>
    internal Task<SteppedGateway> NewGatewayAsync() => NewGatewayWithAsync(TimeProvider.System, []);

    /// <summary>The same with a clock of its own.</summary>
    /// <param name="settings">What is different with it.</param>
    internal async Task<SteppedGateway> NewGatewayWithAsync(TimeProvider time, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var app = GatewayApplication.Build([], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection(GatewaySettings.Of(World));
            builder.Configuration.AddInMemoryCollection(settings);
            builder.Services.AddSingleton(time);
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

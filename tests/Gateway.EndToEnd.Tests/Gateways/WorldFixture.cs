using Gateway.Devnet.World;
using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.EndToEnd.Tests.Gateways;

/// <summary>A devnet without its gateway: the real contracts on a chain that mines every second, and the Redis that the tests take. The payers have authorised the operator.</summary>
public sealed class WorldFixture : IAsyncLifetime
{
    private const int Payers = 4;

    private IRedisServer? _redis;
    private DevnetWorld? _world;

    internal DevnetWorld World => _world ?? throw new InvalidOperationException("Not started yet.");

    public async ValueTask InitializeAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        _redis = await RedisChoice.StartAsync(cancellationToken);
        var options = new DevnetOptions { Redis = _redis.Connection, Payers = Payers, Authorize = true };
        _world = await DevnetWorld.StartAsync(options, TestContext.Current.SendDiagnosticMessage, TimeProvider.System, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_world is not null)
            await _world.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }
}

/// <summary>The same with a gateway in this process, and a devnet.json as outsiders find it.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    private readonly WorldFixture _world = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-devnet-");
    private GatewayHost? _gateway;

    internal DevnetWorld World => _world.World;

    /// <summary>Path of devnet.json.</summary>
    public string ReadyFile => Path.Combine(_folder.FullName, "devnet.json");

    public async ValueTask InitializeAsync()
    {
        await _world.InitializeAsync();
        _gateway = await GatewayHost.StartAsync(World, GatewayOutput.None, TimeProvider.System, TestContext.Current.CancellationToken);
        await new ReadyFile(ReadyFile).WriteAsync(World, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        await _world.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

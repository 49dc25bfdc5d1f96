using Gateway.Devnet.World;
using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.Server.Tests.Web;

/// <summary>A gateway that listens, in this process, on a chain with the real contracts, and a browser's way to it.</summary>
public sealed class ServedWorld : IAsyncLifetime
{
    private IRedisServer? _redis;
    private DevnetWorld? _world;
    private GatewayHost? _gateway;
    private HttpClient? _http;

    internal DevnetWorld World => _world ?? throw new InvalidOperationException("Not started yet.");

    public HttpClient Http => _http ?? throw new InvalidOperationException("Not started yet.");

    public async ValueTask InitializeAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        _redis = await RedisChoice.StartAsync(cancellationToken);
        var options = new DevnetOptions { Redis = _redis.Connection, Payers = 4 };
        _world = await DevnetWorld.StartAsync(options, TestContext.Current.SendDiagnosticMessage, TimeProvider.System, cancellationToken);
        _gateway = await GatewayHost.StartAsync(_world, GatewayOutput.None, TimeProvider.System, cancellationToken);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }, disposeHandler: true) { BaseAddress = _world.HttpUrl };
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        if (_world is not null)
            await _world.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }
}

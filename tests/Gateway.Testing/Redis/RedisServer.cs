using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Devnet;
using StackExchange.Redis;

namespace Gateway.Testing.Redis;

/// <summary>A Redis for tests, of one kind or another, gone when it is disposed.</summary>
public interface IRedisServer : IAsyncDisposable
{
    /// <summary>"container", "process", "cluster" or "garnet".</summary>
    string Kind { get; }

    /// <summary>As StackExchange.Redis takes it.</summary>
    string Connection { get; }
}

/// <summary>Garnet in this process; keeps an append-only file, as the devnet does.</summary>
public sealed class GarnetRedis : IRedisServer
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-garnet-");
    private readonly EmbeddedGarnet _garnet;

    public GarnetRedis() => _garnet = EmbeddedGarnet.Start(_folder.FullName);

    public string Kind => "garnet";

    public string Connection => _garnet.Connection;

    public ValueTask DisposeAsync()
    {
        _garnet.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Waits until a server that was just started answers.</summary>
internal static class RedisReadiness
{
    private const int MaxTries = 200;

    /// <exception cref="TimeoutException">It did not within some 20 seconds.</exception>
    public static async Task<ConnectionMultiplexer> ConnectAsync(string connection, CancellationToken cancellationToken)
    {
        var options = ConfigurationOptions.Parse(connection);
        options.AllowAdmin = true;
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 1;
        options.ConnectTimeout = 1000;
        for (var tries = 0; tries < MaxTries; tries++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var multiplexer = await ConnectionMultiplexer.ConnectAsync(options);
                await multiplexer.GetServers()[0].PingAsync();
                return multiplexer;
            }
            catch (RedisException)
            {
                // Not listening yet.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            }
        }

        throw new TimeoutException($"Redis at {connection} did not answer.");
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public static string Local(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
}

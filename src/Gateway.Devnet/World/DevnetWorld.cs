using Garnet.common;
using Gateway.Devnet.Anvil;
using Gateway.Devnet.Parts;

namespace Gateway.Devnet.World;

/// <summary>Everything that a gateway needs around it: a chain with the contracts that mines at the block time, and a Redis. And where the gateway will be.</summary>
internal sealed class DevnetWorld : IAsyncDisposable
{
    private readonly TemporaryGarnet? _garnet;

    private DevnetWorld(DevnetChain chain, TemporaryGarnet? garnet, string redis, Uri grpcUrl, Uri httpUrl)
    {
        Chain = chain;
        _garnet = garnet;
        Redis = redis;
        GrpcUrl = grpcUrl;
        HttpUrl = httpUrl;
    }

    public DevnetChain Chain { get; }

    /// <summary>As StackExchange.Redis takes it.</summary>
    public string Redis { get; }

    /// <summary>For the gateway; nothing listens there yet.</summary>
    public Uri GrpcUrl { get; }

    /// <summary>For the gateway; nothing listens there yet.</summary>
    public Uri HttpUrl { get; }

    /// <summary>Cancelled when the chain's process ends, which it should not by itself.</summary>
    public CancellationToken Broken => Chain.Anvil.Exited;

    /// <param name="progress">Told in words what takes time.</param>
    /// <exception cref="DevnetException">Something is missing on this machine, or a port is taken. Nothing is left running.</exception>
    public static async Task<DevnetWorld> StartAsync(DevnetOptions options, Action<string> progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var garnet = options.Redis is null ? TemporaryGarnet.Start(options.RedisPort) : null;
        DevnetChain? chain = null;
        try
        {
            chain = await DevnetChain.StartAsync(new AnvilOptions { Port = options.RpcPort }, options.Payers, progress, time, cancellationToken);
            if (options.Authorize)
                await chain.AuthorizeAsync(chain.Accounts.Payers, cancellationToken);
            await chain.Anvil.Control.SetIntervalMiningAsync(options.BlockTime, cancellationToken);
            var ports = FreePorts.Fill(options.GrpcPort, options.HttpPort);
            return new DevnetWorld(chain, garnet, options.Redis ?? garnet!.Connection, Loopback(ports[0]), Loopback(ports[1])); // One of the two is there.
        }
        catch
        {
            if (chain is not null)
                await chain.DisposeAsync();
            garnet?.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Chain.DisposeAsync();
        _garnet?.Dispose();
    }

    private static Uri Loopback(int port) => new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", port).Uri;

    /// <summary>Garnet with a folder of its own: it keeps what it is given, as the gateway asks of its Redis, but not beyond this world.</summary>
    private sealed class TemporaryGarnet : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-garnet-");
        private readonly EmbeddedGarnet _server;

        private TemporaryGarnet(int port)
        {
            try
            {
                _server = EmbeddedGarnet.Start(_folder.FullName, port);
            }
            catch (GarnetException e)
            {
                _folder.Delete(recursive: true);
                throw new DevnetException($"The embedded Redis does not start on port {port}: {e.Message}", e);
            }
        }

        public string Connection => _server.Connection;

        public static TemporaryGarnet Start(int port) => new(port);

        public void Dispose()
        {
            _server.Dispose();
            _folder.Delete(recursive: true);
        }
    }
}

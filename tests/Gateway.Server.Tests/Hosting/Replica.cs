using Gateway.Devnet.Parts;
using Gateway.Devnet.World;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Gateway.Server.Tests.Hosting;

/// <summary>One more gateway beside the first.</summary>
internal sealed class Replica : IAsyncDisposable
{
    public const string GrpcUrl = "Gateway:Grpc:Url";

    private const string HttpUrlKey = "Gateway:Http:Url";

    private readonly GatewayHost _gateway;
    private readonly GrpcChannel _channel;

    private Replica(GatewayHost gateway, GrpcChannel channel, Uri http) => (_gateway, _channel, HttpUrl) = (gateway, channel, http);

    public SchedulerCalls Leases => new(_channel);

    public OperatorCalls Operations => new(_channel);

    public Uri HttpUrl { get; }

    public Uri GrpcUri { get; private init; } = null!; // Set by whoever starts it.

    public static async Task<Replica> StartAsync(DevnetWorld world, IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var ports = FreePorts.Fill(0, 0);
        var own = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Logging:LogLevel:Default"] = "Error",
            [GrpcUrl] = $"http://127.0.0.1:{ports[0]}",
            [HttpUrlKey] = $"http://127.0.0.1:{ports[1]}",
        };
        foreach (var (key, value) in settings)
            own[key] = value;
        var gateway = await GatewayHost.StartAsync(
            world, GatewayOutput.None, TimeProvider.System, cancellationToken, builder => builder.Configuration.AddInMemoryCollection(own));
        return new Replica(gateway, GrpcChannel.ForAddress(own[GrpcUrl]!), new Uri(own[HttpUrlKey]!)) { GrpcUri = new Uri(own[GrpcUrl]!) }; // Both are set above.
    }

    /// <summary>Its clients can still read what their calls ended with.</summary>
    public Task StopAsync() => _gateway.DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _channel.Dispose();
    }
}

using Gateway.Devnet.Parts;
using Gateway.Devnet.World;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Gateway.Server.Tests.Hosting;

/// <summary>One more gateway beside the first.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private readonly GatewayHost _gateway;
    private readonly GrpcChannel _channel;

    private Replica(GatewayHost gateway, GrpcChannel channel, Uri http) => (_gateway, _channel, HttpUrl) = (gateway, channel, http);

    public SchedulerCalls Leases => new(_channel);

    public OperatorCalls Operations => new(_channel);

    public Uri HttpUrl { get; }

    public static async Task<Replica> StartAsync(DevnetWorld world, IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var ports = FreePorts.Fill(0, 0);
        var (grpc, http) = ($"http://127.0.0.1:{ports[0]}", $"http://127.0.0.1:{ports[1]}");
        KeyValuePair<string, string?>[] own =
            [new("Logging:LogLevel:Default", "Error"), new("Gateway:Grpc:Url", grpc), new("Gateway:Http:Url", http), .. settings];
        var gateway = await GatewayHost.StartAsync(
            world, GatewayOutput.None, TimeProvider.System, cancellationToken, builder => builder.Configuration.AddInMemoryCollection(own));
        return new Replica(gateway, GrpcChannel.ForAddress(grpc), new Uri(http));
    }

    /// <summary>Its clients can still read what their calls ended with.</summary>
    public Task StopAsync() => _gateway.DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _channel.Dispose();
    }
}

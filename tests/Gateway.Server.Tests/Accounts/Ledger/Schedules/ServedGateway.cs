using System.Diagnostics.Metrics;
using Gateway.Devnet.Parts;
using Gateway.Devnet.World;
using Gateway.Server.Chains;
using Gateway.Server.Tests.Hosting;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>A gateway that serves by gRPC as in production, and whose loops do not run: a test runs their steps. Its wires can burn.</summary>
internal sealed class ServedGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private ServedGateway(WebApplication app, GrpcChannel channel, Wires wires)
    {
        (_app, _channel, Wires) = (app, channel, wires);
        Calls = new ScheduleCalls(channel);
        Repairs = new Repairs(Get<IMeterFactory>());
    }

    public Wires Wires { get; }

    public Repairs Repairs { get; }

    public ScheduleCalls Calls { get; }

    public static async Task<ServedGateway> StartAsync(DevnetWorld world, TimeProvider time)
    {
        var wires = new Wires(world);
        var ports = FreePorts.Fill(0, 0);
        var app = GatewayApplication.Build([], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection(GatewaySettings.Of(world));
            builder.Configuration.AddInMemoryCollection(wires.Settings);
            builder.Configuration.AddInMemoryCollection(
            [
                new("Gateway:Grpc:Url", $"http://127.0.0.1:{ports[0]}"),
                new("Gateway:Http:Url", $"http://127.0.0.1:{ports[1]}"),
            ]);
            builder.Services.AddSingleton(time);
            foreach (var loop in builder.Services.Where(IsLoop).ToList())
                builder.Services.Remove(loop);
        });
        await app.Services.GetRequiredService<ChainGate>().StartingAsync(TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ServedGateway(app, GrpcChannel.ForAddress($"http://127.0.0.1:{ports[0]}"), wires);
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        Repairs.Dispose();
        _channel.Dispose();
        await Wires.DisposeAsync();
        await _app.DisposeAsync();
    }

    private static bool IsLoop(ServiceDescriptor service) =>
        service.ServiceType == typeof(IHostedService)
        && (service.ImplementationType?.Assembly ?? service.ImplementationFactory?.Method.DeclaringType?.Assembly) == typeof(GatewayApplication).Assembly;
}

using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Devnet.Parts;
using Gateway.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Gateway.Devnet.World;

/// <summary>What a gateway in this process writes to the console besides its log.</summary>
internal enum GatewayOutput
{
    Unspecified = 0,

    /// <summary>Nothing but errors: something else is shown there.</summary>
    None = 1,

    /// <summary>Its traces, unless the environment says that they go elsewhere, or nowhere.</summary>
    Traces = 2,
}

/// <summary>A gateway in this process, for the world around it.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private static readonly Dictionary<string, string?> QuietLogs = new(StringComparer.Ordinal) { ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning" };
    private static readonly Dictionary<string, string?> SilentLogs = new(StringComparer.Ordinal) { ["Logging:LogLevel:Default"] = "Error" };

    private readonly WebApplication _app;

    private GatewayHost(WebApplication app) => _app = app;

    /// <summary>Cancelled when the gateway stops, which it should not by itself.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    /// <summary>Whose meters this gateway's are, among several of one process.</summary>
    public IMeterFactory Meters => _app.Services.GetRequiredService<IMeterFactory>();

    /// <summary>Starts it; it is ready when this returns.</summary>
    /// <param name="customize">Runs last: further configuration, replacements.</param>
    /// <exception cref="DevnetException">It does not become ready.</exception>
    public static async Task<GatewayHost> StartAsync(
        DevnetWorld world, GatewayOutput output, TimeProvider time, CancellationToken cancellationToken, Action<WebApplicationBuilder>? customize = null)
    {
        var gateway = new GatewayHost(GatewayApplication.Build(ArgumentsOf(output), builder =>
        {
            // Its requests are no news here; whoever wants them sets the variable of the same name.
            builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = output == GatewayOutput.None ? SilentLogs : QuietLogs });
            builder.Configuration.AddInMemoryCollection(GatewaySettings.Of(world));
            // Ctrl-C is the devnet's to handle: first the gateway, then what it stands on.
            builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
            customize?.Invoke(builder);
        }));
        try
        {
            await gateway._app.StartAsync(cancellationToken);
            await ReadyAsync(world.HttpUrl, time, cancellationToken);
            return gateway;
        }
        catch (Exception e)
        {
            await gateway.DisposeAsync();
            // Variables of this process's environment are part of its configuration, and may be wrong.
            if (ProblemsOf(e).ToList() is { Count: > 0 } problems)
                throw new DevnetException($"The gateway does not take its configuration:\n{string.Join('\n', problems)}", e);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    // On the command line, since telemetry is wired before anything else of the configuration can be added.
    private static string[] ArgumentsOf(GatewayOutput output)
    {
        var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        var isElsewhere = environment["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 } || environment["Gateway:Telemetry:ConsoleTraces"] is not null;
        return output == GatewayOutput.Traces && !isElsewhere ? ["--Gateway:Telemetry:ConsoleTraces=true"] : [];
    }

    private static IEnumerable<string> ProblemsOf(Exception exception) => exception switch
    {
        OptionsValidationException one => one.Failures,
        AggregateException many => many.InnerExceptions.SelectMany(ProblemsOf),
        _ => [],
    };

    private static async Task ReadyAsync(Uri httpUrl, TimeProvider time, CancellationToken cancellationToken)
    {
        // Without a trace of its own among those of the gateway.
        using var http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }, disposeHandler: true);
        var probe = new Uri(httpUrl, "readyz");
        var since = time.GetTimestamp();
        while (true)
        {
            using var answer = await http.GetAsync(probe, cancellationToken);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                return;
            if (time.GetElapsedTime(since) > Patience)
                throw new DevnetException($"The gateway is not ready after {Patience.TotalSeconds} s: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    /// <summary>A host that starts at once and stops when its owner says so.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Resilience;

/// <summary>Turns the configured endpoints into guarded ones.</summary>
internal sealed class RpcEndpointFactory(
    IOptions<ChainOptions> options, IHttpClientFactory clients, ChainMetrics metrics, HeadPulse pulse, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>Name of the HTTP client. One for all: its handler keeps connections apart by host.</summary>
    public const string ClientName = "chain";

    public IReadOnlyList<RpcEndpoint> Create()
    {
        var logger = loggers.CreateLogger<RpcEndpoint>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. options.Value.Endpoints.Select(e => Create(e, NameOf(e, names), logger))];
    }

    private RpcEndpoint Create(EndpointOptions endpoint, string name, ILogger logger)
    {
        var socket = string.IsNullOrEmpty(endpoint.WebSocketUrl) ? null : new Uri(endpoint.WebSocketUrl);
        var setup = new EndpointSetup(name, new Uri(endpoint.Url), socket, new ChainId(options.Value.ChainId), options.Value.RequestTimeout);
        var transport = new HttpJsonRpcTransport(clients.CreateClient(ClientName), setup.Url, new JsonRpcOptions());
        return new RpcEndpoint(setup, transport, metrics, pulse, time, logger);
    }

    // Two endpoints without names may be two keys at one provider.
    private static string NameOf(EndpointOptions endpoint, HashSet<string> taken)
    {
        var name = string.IsNullOrEmpty(endpoint.Name) ? Banner.HostOf(endpoint.Url) : endpoint.Name;
        var free = name;
        for (var i = 2; !taken.Add(free); i++)
            free = $"{name}#{i}";
        return free;
    }
}

using System.Net;
using Gateway.Server.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Web;

/// <summary>Two listeners: gRPC without TLS needs HTTP/2 by prior knowledge, browsers and probes speak HTTP/1.1.</summary>
internal sealed class ServingEndpoints(IOptions<GrpcOptions> grpc, IOptions<HttpOptions> http) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions options)
    {
        Listen(options, new Uri(grpc.Value.Url), HttpProtocols.Http2);
        var customers = new Uri(http.Value.Url);
        // HTTP/2 beside HTTP/1.1 on one port needs TLS to choose between them.
        var isSecure = string.Equals(customers.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);
        Listen(options, customers, isSecure ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1);
    }

    private static void Listen(KestrelServerOptions options, Uri url, HttpProtocols protocols)
    {
        var address = IPAddress.TryParse(url.Host.Trim('[', ']'), out var parsed) ? parsed : IPAddress.Loopback;
        options.Listen(address, url.Port, listen =>
        {
            listen.Protocols = protocols;
            if (string.Equals(url.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal))
                listen.UseHttps();
        });
    }
}

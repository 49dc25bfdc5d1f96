using System.Globalization;

namespace Gateway.Testing.Proxy;

/// <summary>The configuration of a gateway whose endpoints are proxies.</summary>
internal static class ProxySettings
{
    /// <summary>Keys as .NET configuration has them, with ':' between their parts.</summary>
    /// <param name="withSockets">False: new blocks are polled for.</param>
    public static IEnumerable<KeyValuePair<string, string?>> Of(IReadOnlyList<RpcProxy> proxies, bool withSockets = false) =>
        proxies.SelectMany((proxy, i) => Of(proxy, i, withSockets)).Append(new("Gateway:Chain:RequestTimeout", "00:00:02"));

    private static IEnumerable<KeyValuePair<string, string?>> Of(RpcProxy proxy, int index, bool withSockets)
    {
        var endpoint = string.Create(CultureInfo.InvariantCulture, $"Gateway:Chain:Endpoints:{index}");
        yield return new($"{endpoint}:Url", proxy.Url.ToString());
        yield return new($"{endpoint}:WebSocketUrl", withSockets ? proxy.SocketUrl.ToString() : "");
        yield return new($"{endpoint}:Name", string.Create(CultureInfo.InvariantCulture, $"proxy-{index}"));
    }
}

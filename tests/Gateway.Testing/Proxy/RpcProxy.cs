namespace Gateway.Testing.Proxy;

/// <summary>How a proxy behaves that no fault was scripted for.</summary>
internal sealed record ProxyOptions
{
    /// <summary>Null: as the node behind it.</summary>
    public CorethRules? Coreth { get; init; } = new();

    /// <summary>Of the die that faults are thrown with; a test that uses one prints it.</summary>
    public int Seed { get; init; }

    /// <summary>Pools count the age of what waits in them.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// One RPC endpoint in front of a local chain, over HTTP and WebSocket: with coreth's rules, and as faulty as a test wants. Two of them over one chain, with
/// other faults or another view each, are endpoints that contradict each other.
/// </summary>
internal sealed class RpcProxy : IAsyncDisposable
{
    /// <summary>As some providers have it: paths that are keys.</summary>
    private const string HttpPath = "/rpc/secret-key";
    private const string SocketPath = "/ws/secret-key";

    private readonly RpcServer _server;
    private readonly Upstream _node;

    private RpcProxy(RpcServer server, Upstream node, Parts parts)
    {
        (_server, _node) = (server, node);
        (Faults, View, Pool, Sockets) = (parts.Faults, parts.View, parts.Pool, parts.Sockets);
    }

    public Uri Url => _server.Http(HttpPath);

    public Uri SocketUrl => _server.Socket(SocketPath);

    public FaultScript Faults { get; }

    public ChainView View { get; }

    public CorethPool Pool { get; }

    public ProxySockets Sockets { get; }

    public static async Task<RpcProxy> StartAsync(Uri node, Uri nodeSocket, ProxyOptions? options = null)
    {
        options ??= new ProxyOptions();
        var rules = options.Coreth ?? new CorethRules();
        var upstream = new Upstream(node);
        var parts = new Parts(
            new FaultScript(options.Seed),
            new ChainView(upstream, rules) { IsCoreth = options.Coreth is not null },
            new CorethPool(upstream, rules, options.Time),
            new ProxySockets(nodeSocket));
        RpcHandler sane = options.Coreth is null ? parts.View.AnswerAsync : new CorethNode(parts.Pool, parts.View, rules).AnswerAsync;
        var server = await RpcServer.StartAsync(HttpPath, request => parts.Faults.AnswerAsync(request, sane), (SocketPath, parts.Sockets.ServeAsync));
        return new RpcProxy(server, upstream, parts);
    }

    public async ValueTask DisposeAsync()
    {
        Sockets.Reset();
        await _server.DisposeAsync();
        _node.Dispose();
        Pool.Dispose();
    }

    private sealed record Parts(FaultScript Faults, ChainView View, CorethPool Pool, ProxySockets Sockets);
}

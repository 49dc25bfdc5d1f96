using System.Net;
using Gateway.Devnet.World;
using Gateway.Testing.Redis;
using StackExchange.Redis;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>One gateway's links to Redis and to the chain. They can be held, and burn through with its fuse.</summary>
internal sealed class Wires : IAsyncDisposable
{
    private readonly TcpPump _redis;
    private readonly TcpPump _chain;

    public Wires(DevnetWorld world)
    {
        _redis = new TcpPump(((IPEndPoint)ConfigurationOptions.Parse(world.Redis).EndPoints[0]).Port, Fuse);
        _chain = new TcpPump(world.Chain.Anvil.Url.Port, Fuse);
    }

    public Fuse Fuse { get; } = new();

    /// <summary>Keys as .NET configuration has them, with ':' between their parts.</summary>
    public IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Gateway:Redis:Connection"] = $"127.0.0.1:{_redis.Port}",
        ["Gateway:Chain:Endpoints:0:Url"] = $"http://127.0.0.1:{_chain.Port}",
        ["Gateway:Chain:Endpoints:0:WebSocketUrl"] = $"ws://127.0.0.1:{_chain.Port}",
    };

    /// <summary>Nothing arrives, and nothing is lost, until it is over.</summary>
    public async Task IsolateAsync(bool fromRedis, Func<Task> meanwhile)
    {
        var link = fromRedis ? _redis : _chain;
        link.Hold();
        await meanwhile();
        link.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _chain.DisposeAsync();
    }
}

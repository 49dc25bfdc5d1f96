using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Testing.Redis;

/// <summary>Three redis-server processes that are one cluster, each with a third of the slots.</summary>
public sealed class ClusterRedis : IRedisServer
{
    private const int Nodes = 3;
    private const int Slots = 16384;

    private readonly List<ProcessRedis> _nodes;

    private ClusterRedis(List<ProcessRedis> nodes) => _nodes = nodes;

    public string Kind => "cluster";

    public string Connection => string.Join(',', _nodes.Select(n => n.Connection));

    public static async Task<ClusterRedis> StartAsync(CancellationToken cancellationToken)
    {
        var cluster = new ClusterRedis([]);
        try
        {
            for (var i = 0; i < Nodes; i++)
            {
                // Its bus would be the port + 10,000, which may be beyond the last one.
                var bus = RedisReadiness.FreePort().ToString(CultureInfo.InvariantCulture);
                cluster._nodes.Add(await ProcessRedis.StartAsync(
                    cancellationToken, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", bus));
            }

            await cluster.JoinAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    private async Task JoinAsync(CancellationToken cancellationToken)
    {
        List<ConnectionMultiplexer> connections = [];
        foreach (var node in _nodes)
            connections.Add(await RedisReadiness.ConnectAsync(node.Connection, cancellationToken));
        var servers = connections.ConvertAll(c => c.GetServers()[0]);
        for (var i = 0; i < Nodes; i++)
        {
            await servers[i].ExecuteAsync("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
            await servers[i].ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", Slots * i / Nodes, (Slots * (i + 1) / Nodes) - 1);
        }

        foreach (var node in _nodes.Skip(1))
        {
            var bus = (string[])(await connections[_nodes.IndexOf(node)].GetServers()[0].ExecuteAsync("CONFIG", "GET", "cluster-port"))!;
            await servers[0].ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", node.Port, bus[1]);
        }

        foreach (var server in servers)
        {
            // Gossip needs a moment; every node must say so, since any of them may be asked.
            while (!((string)(await server.ExecuteAsync("CLUSTER", "INFO"))!).Contains("cluster_state:ok", StringComparison.Ordinal)
                   || ((string)(await server.ExecuteAsync("CLUSTER", "NODES"))!).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length < Nodes)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }

        foreach (var connection in connections)
            await connection.DisposeAsync();
    }
}

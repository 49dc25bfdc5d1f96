namespace Gateway.Testing.Redis;

/// <summary>A redis-server with a replica, and an address that leads to whichever of them serves: what a failover looks like to a client.</summary>
public sealed class FailoverRedis : IRedisServer
{
    private readonly ProcessRedis _primary;
    private readonly ProcessRedis _replica;
    private readonly TcpPump _replication;
    private readonly TcpPump _front;

    private FailoverRedis(ProcessRedis primary, ProcessRedis replica, TcpPump replication)
    {
        (_primary, _replica, _replication) = (primary, replica, replication);
        _front = new TcpPump(primary.Port);
    }

    public string Kind => "failover";

    public string Connection => RedisReadiness.Local(_front.Port);

    public static async Task<FailoverRedis> StartAsync(CancellationToken cancellationToken)
    {
        var primary = await ProcessRedis.StartAsync(cancellationToken);
        var link = new TcpPump(primary.Port);
        var replica = await ProcessRedis.StartAsync(cancellationToken, "--replicaof", $"127.0.0.1 {link.Port}");
        return new FailoverRedis(primary, replica, link);
    }

    /// <summary>The replica has everything that the primary has acknowledged so far, and gets nothing of what comes.</summary>
    public async Task CutReplicationAsync(CancellationToken cancellationToken)
    {
        await using var admin = await RedisReadiness.ConnectAsync(_primary.Connection, cancellationToken);
        if ((int)await admin.GetServers()[0].ExecuteAsync("WAIT", 1, 10_000) != 1)
            throw new TimeoutException("The replica did not catch up.");
        _replication.BlackHole();
    }

    /// <summary>The primary dies; the replica serves in its place, as far as it came.</summary>
    public async Task FailOverAsync(CancellationToken cancellationToken)
    {
        await _primary.DisposeAsync();
        await using (var admin = await RedisReadiness.ConnectAsync(_replica.Connection, cancellationToken))
            await admin.GetServers()[0].ExecuteAsync("REPLICAOF", "NO", "ONE");
        await _front.PointToAsync(_replica.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        await _replication.DisposeAsync();
        await _replica.DisposeAsync();
        await _primary.DisposeAsync();
    }
}

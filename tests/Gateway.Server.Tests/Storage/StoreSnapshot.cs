using StackExchange.Redis;

namespace Gateway.Server.Tests.Storage;

/// <summary>Everything in a Redis at one moment, to be put back later: a failover to a replica that was behind, a restored backup.</summary>
/// <remarks>By reading and writing, since not every kind of server can dump a key.</remarks>
internal sealed class StoreSnapshot
{
    private readonly List<Func<IDatabase, Task>> _writes = [];

    public static async Task<StoreSnapshot> TakeAsync(ConnectionMultiplexer admin, CancellationToken cancellationToken)
    {
        var snapshot = new StoreSnapshot();
        var database = admin.GetDatabase();
        foreach (var server in admin.GetServers())
        {
            await foreach (var key in server.KeysAsync().WithCancellation(cancellationToken))
                snapshot._writes.Add(await ReadAsync(database, key));
        }

        return snapshot;
    }

    /// <summary>Everything as it was then, and nothing else.</summary>
    public async Task RestoreAsync(ConnectionMultiplexer admin)
    {
        foreach (var server in admin.GetServers())
            await server.FlushAllDatabasesAsync();
        foreach (var write in _writes)
            await write(admin.GetDatabase());
    }

    private static async Task<Func<IDatabase, Task>> ReadAsync(IDatabase database, RedisKey key)
    {
        switch (await database.KeyTypeAsync(key))
        {
            case RedisType.String:
                var text = await database.StringGetAsync(key);
                return to => to.StringSetAsync(key, text);
            case RedisType.Hash:
                var fields = await database.HashGetAllAsync(key);
                return to => to.HashSetAsync(key, fields);
            case RedisType.SortedSet:
                var members = await database.SortedSetRangeByRankWithScoresAsync(key);
                return to => to.SortedSetAddAsync(key, members);
            case RedisType.Set:
                var elements = await database.SetMembersAsync(key);
                return to => to.SetAddAsync(key, elements);
            case RedisType.List:
                var items = await database.ListRangeAsync(key);
                return to => to.ListRightPushAsync(key, items);
            case var other:
                throw new NotSupportedException($"{key} is a {other}: the gateway has no such keys.");
        }
    }
}

using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>The kinds of Redis that every storage test runs on. One collection each, so that the tests of a kind follow each other and each starts empty.</summary>
public static class Kinds
{
    public const string Redis = "Redis";
    public const string Resp2 = "Redis over RESP2";
    public const string Cluster = "Redis Cluster";
    public const string Garnet = "Garnet";

    /// <summary>Redis once more, for what takes so long that it must not stand in a row with all others.</summary>
    public const string Growth = "Redis over years";
}

/// <summary>A Redis to test on, and why not where this machine has none of that kind.</summary>
public abstract class StorageKind : IAsyncLifetime
{
    private IRedisServer? _server;

    public string? Missing { get; private set; }

    public string Connection { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Missing = FindMissing();
        if (Missing is not null)
            return;
        _server = await StartAsync(TestContext.Current.CancellationToken);
        Connection = _server.Connection + Options;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual string Options => "";

    protected virtual string? FindMissing() => null;

    protected abstract Task<IRedisServer> StartAsync(CancellationToken cancellationToken);
}

/// <summary>The most real kind that this machine has, over RESP3.</summary>
public class StandaloneRedis : StorageKind
{
    protected override async Task<IRedisServer> StartAsync(CancellationToken cancellationToken) => await RedisChoice.StartAsync(cancellationToken);
}

public sealed class Resp2Redis : StandaloneRedis
{
    protected override string Options => ",protocol=resp2";
}

public sealed class EmbeddedGarnetRedis : StorageKind
{
    protected override Task<IRedisServer> StartAsync(CancellationToken cancellationToken) => Task.FromResult<IRedisServer>(new GarnetRedis());
}

public sealed class ThreeNodeCluster : StorageKind
{
    protected override string? FindMissing() => ProcessRedis.Executable is null ? "There is no redis-server on this machine to make a cluster of." : null;

    protected override async Task<IRedisServer> StartAsync(CancellationToken cancellationToken) => await ClusterRedis.StartAsync(cancellationToken);
}

[CollectionDefinition(Kinds.Redis)]
public sealed class OnRedis : ICollectionFixture<StandaloneRedis>;

[CollectionDefinition(Kinds.Resp2)]
public sealed class OnResp2 : ICollectionFixture<Resp2Redis>;

[CollectionDefinition(Kinds.Cluster)]
public sealed class OnCluster : ICollectionFixture<ThreeNodeCluster>;

[CollectionDefinition(Kinds.Growth)]
public sealed class OnGrowth : ICollectionFixture<StandaloneRedis>;

[CollectionDefinition(Kinds.Garnet)]
public sealed class OnGarnet : ICollectionFixture<EmbeddedGarnetRedis>;

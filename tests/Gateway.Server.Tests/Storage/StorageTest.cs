using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>One test on an empty Redis of one kind.</summary>
public abstract class StorageTest(StorageKind kind) : IAsyncLifetime
{
    private ConnectionMultiplexer? _admin;

    private protected RedisConnection Redis { get; private set; } = null!; // Set before the test runs.

    private protected RedisOptions Options { get; private set; } = null!; // Set before the test runs.

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>For looking at what is stored, and for what the gateway itself never does.</summary>
    private protected IDatabase Database => Admin.GetDatabase();

    private protected ConnectionMultiplexer Admin => _admin ?? throw new InvalidOperationException("Not connected yet.");

    public virtual async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(kind.Missing is null, kind.Missing ?? "");
        _admin = await ConnectionMultiplexer.ConnectAsync(kind.Connection + ",allowAdmin=true");
        foreach (var server in Admin.GetServers())
            await server.FlushAllDatabasesAsync();
        Options = new RedisOptions { Connection = kind.Connection, CommandTimeout = TimeSpan.FromSeconds(10) };
        Redis = Connect();
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_admin is not null)
        {
            await _admin.DisposeAsync();
            await Redis.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private protected OptionsWrapper<RedisOptions> Wrapped => new(Options);

    /// <summary>As another replica would.</summary>
    private protected RedisConnection Connect() => new(Wrapped, new RedisPipelines(Wrapped, TimeProvider.System));

    /// <summary>How often each key changed is nobody's business, but how many there are is: every key, over all nodes.</summary>
    private protected async Task<List<string>> KeysAsync()
    {
        List<string> keys = [];
        foreach (var server in Admin.GetServers())
        {
            await foreach (var key in server.KeysAsync().WithCancellation(Cancellation))
                keys.Add(key.ToString());
        }

        return keys;
    }
}

using Xunit;

namespace Gateway.Testing.Redis;

/// <summary>A Redis for the tests of one class or collection, of the kind that <see cref="RedisChoice"/> takes.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private IRedisServer? _server;

    /// <summary>As StackExchange.Redis takes it.</summary>
    public string Connection => _server?.Connection ?? throw new InvalidOperationException("Not started yet.");

    public async ValueTask InitializeAsync() => _server = await RedisChoice.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}

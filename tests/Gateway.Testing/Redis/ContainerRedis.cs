using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

namespace Gateway.Testing.Redis;

/// <summary>Redis in a container of Docker.</summary>
public sealed class ContainerRedis : IRedisServer
{
    private const ushort RedisPort = 6379;

    private static readonly string[] Command = ["redis-server", "--save", "", "--appendonly", "yes", "--protected-mode", "no"];

    private readonly IContainer _container;

    private ContainerRedis(IContainer container) => _container = container;

    public string Kind => "container";

    public string Connection => RedisReadiness.Local(_container.GetMappedPublicPort(RedisPort));

    /// <param name="image">One with redis-server in its path.</param>
    public static async Task<ContainerRedis> StartAsync(string image, CancellationToken cancellationToken)
    {
        // No wait strategy: those run a shell in the container, which a small image has not got.
        var container = new ContainerBuilder(image).WithCommand(Command).WithPortBinding(RedisPort, assignRandomHostPort: true).Build();
        try
        {
            await container.StartAsync(cancellationToken);
            var server = new ContainerRedis(container);
            await using var ready = await RedisReadiness.ConnectAsync(server.Connection, cancellationToken);
            return server;
        }
        catch
        {
            await container.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _container.DisposeAsync();
}

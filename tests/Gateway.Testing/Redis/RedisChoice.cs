namespace Gateway.Testing.Redis;

/// <summary>The most real kind of Redis that this machine has: a container, else a process, else Garnet.</summary>
/// <remarks>
/// <c>GATEWAY_TEST_REDIS=container|process|garnet</c> takes that kind and fails where it is missing; <c>GATEWAY_TEST_REDIS_IMAGE</c> names the image;
/// <c>GATEWAY_TEST_REDIS_MARKER</c> names a file to which the kind that was taken is added, so that a run can prove which one it had.
/// </remarks>
public static class RedisChoice
{
    private const string DefaultImage = "redis:7";

    /// <exception cref="InvalidOperationException">An unknown kind is asked for.</exception>
    public static async Task<IRedisServer> StartAsync(CancellationToken cancellationToken)
    {
        var server = await ChooseAsync(TestSettings.Get("GATEWAY_TEST_REDIS"), cancellationToken);
        await Console.Error.WriteLineAsync($"Redis of these tests: {server.Kind} at {server.Connection}");
        if (TestSettings.Get("GATEWAY_TEST_REDIS_MARKER") is { } marker)
            await File.AppendAllTextAsync(marker, server.Kind + "\n", cancellationToken);
        return server;
    }

    private static async Task<IRedisServer> ChooseAsync(string? forced, CancellationToken cancellationToken)
    {
        switch (forced)
        {
            case "container":
                return await ContainerRedis.StartAsync(Image, cancellationToken);
            case "process":
                return await ProcessRedis.StartAsync(cancellationToken);
            case "garnet":
                return new GarnetRedis();
            case null:
                break;
            default:
                throw new InvalidOperationException($"GATEWAY_TEST_REDIS is '{forced}'; it may be container, process or garnet.");
        }

        try
        {
            return await ContainerRedis.StartAsync(Image, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // No Docker, or it has not got the image and cannot pull it.
            await Console.Error.WriteLineAsync($"No Redis container: {e.Message.Split('\n')[0]}");
        }

        return ProcessRedis.Executable is null ? new GarnetRedis() : await ProcessRedis.StartAsync(cancellationToken);
    }

    private static string Image => TestSettings.Get("GATEWAY_TEST_REDIS_IMAGE") ?? DefaultImage;
}

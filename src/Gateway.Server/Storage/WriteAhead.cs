using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Scripts whose effect must outlive the loss of one server before anybody acts on it (chain-and-transactions.md §2.7).</summary>
/// <remarks>
/// Has a connection of its own, since WAIT holds up everything behind it. With no replica configured the server's own append-only file is what there is.
/// Where too few replicas have it in time, the caller hears of an unknown outcome and does not act; the bytes are written, and the next round sends them.
/// </remarks>
internal sealed class WriteAhead(IOptions<RedisOptions> options, RedisPipelines pipelines) : IAsyncDisposable
{
    private readonly RedisConnection _redis = new(options, pipelines);

    /// <param name="keys">The first one says which server has to be durable.</param>
    /// <exception cref="StoreUnavailableException">No answer, or too few replicas have it.</exception>
    public async Task<RedisResult> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var result = await _redis.RunAsync(script, keys, arguments, cancellationToken);
        var wanted = options.Value.Replicas;
        if (wanted == 0)
            return result;
        var have = (int)await _redis.RunOnServerAsync(
            keys[0], "WAIT", [wanted, (int)options.Value.ReplicaTimeout.TotalMilliseconds], cancellationToken);
        return have >= wanted
            ? result
            : throw new StoreUnavailableException($"Written, but only {have} of {wanted} replicas have it in time.");
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();
}

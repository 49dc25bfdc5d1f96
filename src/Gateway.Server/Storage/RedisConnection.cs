using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;
using Polly;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>The one connection to Redis: scripts by hash, reads, and one kind of failure for all that may go wrong with it.</summary>
/// <remarks>
/// No transactions and no WATCH: the connection is shared, so a condition would hold or fail for everybody on it. What must change together is a script.
/// Connects at first use and again by itself for ever; until then every call throws <see cref="StoreUnavailableException"/>.
/// </remarks>
internal sealed class RedisConnection(IOptions<RedisOptions> options, RedisPipelines pipelines) : IAsyncDisposable
{
    private readonly SemaphoreSlim _connecting = new(1, 1);

    private ConnectionMultiplexer? _multiplexer;

    /// <summary>Runs a script where its keys lie.</summary>
    /// <param name="keys">Every key it touches, all in one slot.</param>
    /// <exception cref="StoreUnavailableException">No answer: it may have run or not. It is not repeated here.</exception>
    public async Task<RedisResult> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        using var span = RedisTrace.Start(script);
        return await GuardAsync(pipelines.Write, database => RunOnceAsync(database, script, keys, arguments), span, cancellationToken);
    }

    /// <summary>Runs a script once for each set of keys, all under way at the same time.</summary>
    /// <exception cref="StoreUnavailableException">One of them had no answer.</exception>
    public async Task<RedisResult[]> RunEachAsync(
        RedisScript script, IEnumerable<(RedisKey[] Keys, RedisValue[] Arguments)> calls, CancellationToken cancellationToken)
    {
        using var span = RedisTrace.Start(script);
        return await GuardAsync(
            pipelines.Write, database => Task.WhenAll(calls.Select(c => RunOnceAsync(database, script, c.Keys, c.Arguments))), span, cancellationToken);
    }

    /// <summary>Reads, and tries once more where the first try had no answer.</summary>
    /// <param name="operation">The command, for spans.</param>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<T> ReadAsync<T>(string operation, Func<IDatabase, Task<T>> read, CancellationToken cancellationToken)
    {
        using var span = RedisTrace.Start(operation);
        return await GuardAsync(pipelines.Read, read, span, cancellationToken);
    }

    /// <summary>Runs a command on the server that has a key, behind whatever was sent there before.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<RedisResult> RunOnServerAsync(RedisKey key, string command, object[] arguments, CancellationToken cancellationToken)
    {
        using var span = RedisTrace.Start(command);
        return await GuardAsync(
            pipelines.Write,
            async database =>
            {
                var server = await database.IdentifyEndpointAsync(key);
                return await database.Multiplexer.GetServer(server!).ExecuteAsync(command, arguments);
            },
            span,
            cancellationToken);
    }

    /// <summary>The library's own connection, for what has no keys: hints, and the checks at start.</summary>
    /// <exception cref="StoreUnavailableException">Redis did not answer yet.</exception>
    public async Task<ConnectionMultiplexer> MultiplexerAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _multiplexer) is { } ready)
            return ready;
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            return _multiplexer ??= await ConnectAsync(options.Value);
        }
        finally
        {
            _connecting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_multiplexer is not null)
            await _multiplexer.DisposeAsync();
        _connecting.Dispose();
    }

    private async Task<T> GuardAsync<T>(
        ResiliencePipeline pipeline, Func<IDatabase, Task<T>> call, System.Diagnostics.Activity? span, CancellationToken cancellationToken)
    {
        try
        {
            return await pipeline.ExecuteAsync(
                async ct =>
                {
                    var multiplexer = await MultiplexerAsync(ct);
                    return await call(multiplexer.GetDatabase()).WaitAsync(ct);
                },
                cancellationToken);
        }
        catch (Exception e) when (RedisFaults.IsUnavailable(e))
        {
            RedisTrace.Fail(span, e);
            throw new StoreUnavailableException($"Redis has no answer: {e.Message}", e);
        }
    }

    private static async Task<RedisResult> RunOnceAsync(IDatabase database, RedisScript script, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await database.ScriptEvaluateAsync(script.Sha1, keys, arguments);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // This node does not have it yet, or has flushed it. EVAL runs it and keeps it.
            object[] command = [script.Text, keys.Length, .. keys.Cast<object>(), .. arguments.Cast<object>()];
            return await database.ExecuteAsync("EVAL", command);
        }
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(RedisOptions options)
    {
        var configuration = ConfigurationOptions.Parse(options.Connection);
        configuration.AbortOnConnectFail = false;
        configuration.ClientName ??= "gateway";
        configuration.AsyncTimeout = checked((int)options.CommandTimeout.TotalMilliseconds);
        configuration.SyncTimeout = configuration.AsyncTimeout;
        return await ConnectionMultiplexer.ConnectAsync(configuration);
    }
}

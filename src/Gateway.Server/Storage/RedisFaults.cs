using Polly.CircuitBreaker;
using Polly.Timeout;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Which exceptions mean that Redis cannot serve at present, as against a mistake of ours.</summary>
internal static class RedisFaults
{
    /// <summary>First words of errors that pass by themselves, or that only the server's operator can end (src/server.c, src/cluster.c of Redis).</summary>
    private static readonly string[] PassingErrors =
        ["LOADING", "MASTERDOWN", "READONLY", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "OOM", "MISCONF", "NOREPLICAS", "NOAUTH", "WRONGPASS"];

    /// <summary>A failure of the server or of the way to it.</summary>
    public static bool IsFailure(Exception exception) => exception switch
    {
        RedisServerException e => Array.Exists(PassingErrors, p => e.Message.StartsWith(p, StringComparison.Ordinal)),
        RedisException or RedisTimeoutException or TimeoutRejectedException or ObjectDisposedException => true,
        _ => false,
    };

    /// <summary>The same, or no call was made since the last ones failed.</summary>
    public static bool IsUnavailable(Exception exception) => exception is BrokenCircuitException || IsFailure(exception);
}

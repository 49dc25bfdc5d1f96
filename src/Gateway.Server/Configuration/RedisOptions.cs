namespace Gateway.Server.Configuration;

/// <summary><c>Gateway:Redis</c>: the engine that holds every lease.</summary>
internal sealed class RedisOptions
{
    public const string Section = "Gateway:Redis";

    /// <summary>A StackExchange.Redis connection string. May hold a password, so it is shown only masked. Required.</summary>
    public string Connection { get; set; } = "";

    /// <summary>Start although the server may evict keys or keeps nothing on disk. Default false: leases are money.</summary>
    public bool AllowVolatile { get; set; }

    /// <summary>Longest time one script may take. 50 ms to 60 s, default 2 s.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Replicas that must have a signed transaction before it is sent. 0 to 8, default 0: for a server without any.</summary>
    public int Replicas { get; set; }

    /// <summary>How long they are waited for. 10 ms to 10 s, default 200 ms.</summary>
    public TimeSpan ReplicaTimeout { get; set; } = TimeSpan.FromMilliseconds(200);
}

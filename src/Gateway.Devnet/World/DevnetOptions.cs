namespace Gateway.Devnet.World;

/// <summary>How a devnet is put together. Ports: 0 is any free one.</summary>
internal sealed record DevnetOptions
{
    /// <summary>Whole seconds, at least 1.</summary>
    public TimeSpan BlockTime { get; init; } = TimeSpan.FromSeconds(1);

    public int GrpcPort { get; init; }

    public int HttpPort { get; init; }

    public int RpcPort { get; init; }

    /// <summary>Of the embedded Garnet.</summary>
    public int RedisPort { get; init; }

    /// <summary>A Redis to use instead of the embedded Garnet, as StackExchange.Redis takes it.</summary>
    public string? Redis { get; init; }

    /// <summary>Accounts with money that may pay.</summary>
    public int Payers { get; init; } = 3;

    /// <summary>Whether they all have authorised the operator from the start.</summary>
    public bool Authorize { get; init; }
}

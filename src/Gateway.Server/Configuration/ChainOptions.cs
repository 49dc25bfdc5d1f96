namespace Gateway.Server.Configuration;

/// <summary><c>Gateway:Chain</c>: which chain, through whom, and which contracts and super tokens on it.</summary>
internal sealed class ChainOptions
{
    public const string Section = "Gateway:Chain";

    /// <summary>EIP-155 chain id; 43114 is Avalanche C, 43113 Fuji. Required.</summary>
    public ulong ChainId { get; set; }

    /// <summary>JSON-RPC endpoints, the preferred one first. At least one; two or more in production.</summary>
    public IList<EndpointOptions> Endpoints { get; set; } = [];

    /// <summary>The framework's contracts. Known chains have theirs; with another Host, or on another chain, all four and the tokens are required.</summary>
    public ContractOptions Contracts { get; set; } = new();

    /// <summary>First block that can hold anything of ours. Default: the deployment's, or the block at the first start.</summary>
    public ulong? DeployBlock { get; set; }

    /// <summary>Super tokens by the symbol that requests use. Known chains have defaults; what stands here is added to them.</summary>
    public IDictionary<string, SuperTokenOptions> Tokens { get; set; } = new Dictionary<string, SuperTokenOptions>(StringComparer.Ordinal);

    /// <summary>Longest time one JSON-RPC call may take. 100 ms to 60 s, default 5 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>One JSON-RPC endpoint. A URL may carry a key in its path, so only its host is ever shown.</summary>
internal sealed class EndpointOptions
{
    /// <summary>http or https.</summary>
    public string Url { get; set; } = "";

    /// <summary>ws or wss; without it new blocks are polled for.</summary>
    public string? WebSocketUrl { get; set; }

    /// <summary>Name in breakers, metrics and logs. Default: the URL's host and port.</summary>
    public string? Name { get; set; }
}

/// <summary>Addresses of the Superfluid framework.</summary>
internal sealed class ContractOptions
{
    public string? Host { get; set; }

    public string? Cfa { get; set; }

    public string? Gda { get; set; }

    public string? CfaForwarder { get; set; }
}

/// <summary>One super token.</summary>
internal sealed class SuperTokenOptions
{
    public string Address { get; set; } = "";

    /// <summary>
    /// What one coin of the chain (one AVAX) is worth, in wei of this token. With it, leases whose gas would cost too much of what they pay are refused
    /// (<c>Gateway:Policy:MostGasSharePpm</c>); without it that is not judged. Positive.
    /// </summary>
    public string? WorthOfNativeWei { get; set; }
}

namespace Gateway.Chain.Transport;

/// <summary>The chain could not be asked, or said no. Its kinds decide what follows; nobody matches message texts.</summary>
public abstract class ChainException : Exception
{
    private protected ChainException(RpcOrigin origin, string message, string? nodeMessage, Exception? inner)
        : base(message, inner)
    {
        Origin = origin;
        NodeMessage = nodeMessage;
    }

    /// <summary>Where it happened.</summary>
    public RpcOrigin Origin { get; }

    /// <summary>Host and port of the endpoint, never the key in its path.</summary>
    public string Endpoint => Origin.Endpoint;

    /// <summary>The JSON-RPC method, "batch of N" for a batch as a whole.</summary>
    public string Method => Origin.Method;

    /// <summary>The node's own words, shortened; null where it said nothing.</summary>
    public string? NodeMessage { get; }

    /// <summary>True where the same read may succeed later or at another endpoint. Never a licence to repeat a broadcast under another nonce.</summary>
    public abstract bool IsRetryable { get; }
}

/// <summary>Which endpoint was asked for what.</summary>
public sealed record RpcOrigin(string Endpoint, string Method)
{
    public override string ToString() => $"{Method} at {Endpoint}";
}

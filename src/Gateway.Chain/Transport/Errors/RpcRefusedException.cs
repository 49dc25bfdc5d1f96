namespace Gateway.Chain.Transport;

/// <summary>The node understood the request and answered with an error.</summary>
public sealed class RpcRefusedException : ChainException
{
    public RpcRefusedException(RpcOrigin origin, long code, string nodeMessage)
        : base(origin, $"{origin} was refused ({code}): {nodeMessage}", nodeMessage, inner: null)
    {
        Code = code;
        Error = NodeErrors.Classify(code, nodeMessage);
    }

    /// <summary>JSON-RPC error code. Nodes agree on few of them: decide by <see cref="Error"/>.</summary>
    public long Code { get; }

    /// <summary>What the refusal means, by the table of node texts; <see cref="NodeError.Unspecified"/> for a text that is not in it.</summary>
    public NodeError Error { get; }

    public override bool IsRetryable => Error is NodeError.BlockUnavailable or NodeError.RateLimited or NodeError.Busy or NodeError.Unspecified;
}

namespace Gateway.Chain.Transport;

/// <summary>The simulated call reverts. The chain answered; asking again or elsewhere gives the same.</summary>
public sealed class ExecutionRevertedException : ChainException
{
    public ExecutionRevertedException(RpcOrigin origin, string nodeMessage, byte[] revertData)
        : base(origin, $"{origin} reverts: {nodeMessage}", nodeMessage, inner: null) => RevertData = revertData;

    /// <summary>Selector and arguments of a custom error, or Error(string), or empty.</summary>
    public IReadOnlyList<byte> RevertData { get; }

    public override bool IsRetryable => false;
}

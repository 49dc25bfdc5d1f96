using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Polly.Timeout;

namespace Gateway.Server.Resilience;

/// <summary>Whose fault a failed call is, and what it lets us do next. Kinds decide, never texts.</summary>
internal static class EndpointFaults
{
    /// <summary>The endpoint cannot serve at present: what its breaker counts. Reverts, refusals of what we asked and a node that is behind are not.</summary>
    public static bool IsEndpoints(Exception? exception) => exception switch
    {
        TimeoutRejectedException => true,
        // Too large an answer is our question's fault; being told to slow down is the rest's business (RestStrategy).
        RpcFailedException e => e.Failure is not (RpcFailure.TooLarge or RpcFailure.RateLimited or RpcFailure.NotAsked),
        RpcRefusedException e => e.Error is NodeError.Busy,
        _ => false,
    };

    /// <summary>The same, of a broadcast, whose faults are outcomes.</summary>
    public static bool IsEndpoints(SendOutcome? outcome) => outcome is SendOutcome.Unknown { Cause: { } cause } && IsEndpoints(cause);

    /// <summary>A second try at the same endpoint may help at once. Not after a timeout: that time is better spent at another endpoint.</summary>
    public static bool IsWorthAnotherTry(Exception? exception) => exception switch
    {
        RpcFailedException e => e.IsRetryable && e.Failure is not (RpcFailure.Timeout or RpcFailure.RateLimited or RpcFailure.NotAsked or RpcFailure.TooLarge),
        RpcRefusedException e => e.Error is NodeError.BlockUnavailable or NodeError.Busy,
        _ => false,
    };

    /// <summary>
    /// Another endpoint may answer what this one did not. What the chain itself says (a revert), and what every node would refuse, is final.
    /// </summary>
    public static bool IsWorthAnotherEndpoint(ChainException exception) => exception switch
    {
        RpcFailedException => true,
        RpcRefusedException e => e.IsRetryable || e.Error is NodeError.MethodNotFound,
        _ => false,
    };

    /// <returns>How long the endpoint wants to be left alone; null where it did not complain of too many requests.</returns>
    public static TimeSpan? RestWanted(Exception? exception) => exception switch
    {
        RpcFailedException { Failure: RpcFailure.RateLimited } e => e.RetryAfter ?? RestStrategy.Default,
        RpcRefusedException { Error: NodeError.RateLimited } => RestStrategy.Default,
        _ => null,
    };
}

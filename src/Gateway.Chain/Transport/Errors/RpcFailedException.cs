using System.Net;

namespace Gateway.Chain.Transport;

/// <summary>Why there is no usable answer.</summary>
public enum RpcFailure
{
    Unspecified = 0,

    /// <summary>No answer within the endpoint's timeout.</summary>
    Timeout = 1,

    /// <summary>Name not found, refused, reset, cut off in the middle.</summary>
    Connection = 2,

    /// <summary>An HTTP status that is neither success nor 429.</summary>
    HttpStatus = 3,

    /// <summary>HTTP 429; <see cref="RpcFailedException.RetryAfter"/> says how long to stay away, where the node said so.</summary>
    RateLimited = 4,

    /// <summary>Not JSON, not JSON-RPC, or of another shape than the method's answer.</summary>
    Malformed = 5,

    /// <summary>Answers that belong to no request, twice to one, or not to all.</summary>
    WrongIds = 6,

    /// <summary>Longer than the endpoint's limit; reading was stopped there.</summary>
    TooLarge = 7,

    /// <summary>Well-formed, but of another block or transaction than the one asked for.</summary>
    Contradictory = 8,

    /// <summary>No request was made: the endpoint failed too often just now, asked to be left alone, or is on another chain.</summary>
    NotAsked = 9,

    /// <summary>The endpoint has not executed the block that was asked for. It was not asked: some answer "nothing" instead of "not yet".</summary>
    Behind = 10,
}

/// <summary>There is no usable answer. Says nothing about the chain, and of a broadcast not even whether it happened.</summary>
public sealed class RpcFailedException : ChainException
{
    public RpcFailedException(
        RpcOrigin origin, RpcFailure failure, string what, string? nodeMessage = null, HttpStatusCode? status = null, TimeSpan? retryAfter = null,
        Exception? inner = null)
        : base(origin, Compose(origin, what, nodeMessage), nodeMessage, inner)
    {
        Failure = failure;
        Status = status;
        RetryAfter = retryAfter;
    }

    public RpcFailure Failure { get; }

    public HttpStatusCode? Status { get; }

    /// <summary>How long the node asked to be left alone; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <remarks>Wrong credentials or a wrong path stay wrong; everything else may pass.</remarks>
    public override bool IsRetryable => Status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound);

    private static string Compose(RpcOrigin origin, string what, string? nodeMessage) =>
        nodeMessage is null ? $"{origin} failed: {what}." : $"{origin} failed: {what}. It said: {nodeMessage}";
}

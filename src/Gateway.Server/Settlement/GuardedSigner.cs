using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Gateway.Server.Settlement;

/// <summary>The signer has no answer, or not in time. A signature that nobody received has no effect: asking again is safe.</summary>
internal sealed class SignerUnavailableException(string message, Exception inner) : Exception(message, inner);

/// <summary>Polly around the signer, which may be a vault far away: a timeout and a breaker. Settlement asks again by itself.</summary>
internal sealed class SignerPipeline
{
    private static readonly TimeSpan LongestSignature = TimeSpan.FromSeconds(3);

    public SignerPipeline(TimeProvider time)
    {
        var breaker = new CircuitBreakerStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(e => e is not OperationCanceledException),
            FailureRatio = 0.5,
            MinimumThroughput = 3,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = TimeSpan.FromSeconds(2),
            StateProvider = State,
        };
        Pipeline = new ResiliencePipelineBuilder { TimeProvider = time, Name = "signer" }.AddCircuitBreaker(breaker).AddTimeout(LongestSignature).Build();
    }

    public CircuitBreakerStateProvider State { get; } = new();

    public ResiliencePipeline Pipeline { get; }
}

/// <summary>A signer behind its pipeline.</summary>
internal sealed class GuardedSigner(ITransactionSigner signer, SignerPipeline guard) : ITransactionSigner
{
    public Address Address => signer.Address;

    /// <exception cref="SignerUnavailableException">No signature.</exception>
    public async Task<Signature> SignAsync(Hash32 digest, CancellationToken cancellationToken)
    {
        try
        {
            return await guard.Pipeline.ExecuteAsync(async ct => await signer.SignAsync(digest, ct), cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A key in memory cannot fail; what a vault's client throws is its own affair.
            throw new SignerUnavailableException($"The signer of {Address} has no answer: {Words(e)}", e);
        }
    }

    private static string Words(Exception e) => e switch
    {
        BrokenCircuitException => "it failed too often just now",
        TimeoutRejectedException => "not in time",
        _ => e.Message,
    };
}

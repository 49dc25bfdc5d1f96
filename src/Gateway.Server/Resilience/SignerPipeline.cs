using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Gateway.Server.Resilience;

/// <summary>Polly around whoever holds the operator's key. A second try is harmless: a signature of the same digest sends nothing.</summary>
internal sealed class SignerPipeline
{
    /// <summary>A remote vault that takes longer is down.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly ResiliencePipeline _pipeline;

    public SignerPipeline(TimeProvider time)
    {
        Breaker = new BreakerRecord(time);
        var isFailure = new PredicateBuilder().Handle<Exception>(static e => e is not (OperationCanceledException or BrokenCircuitException));
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time, Name = "signer" }
            .AddRetry(new RetryStrategyOptions { ShouldHandle = isFailure, MaxRetryAttempts = 1, Delay = TimeSpan.FromMilliseconds(30), UseJitter = true })
            .AddCircuitBreaker(Breaker.Watch(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = isFailure,
                FailureRatio = 0.5,
                MinimumThroughput = 4,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromSeconds(2),
            }))
            .AddTimeout(Timeout)
            .Build();
    }

    public BreakerRecord Breaker { get; }

    /// <summary>The same signer, behind this pipeline.</summary>
    public ITransactionSigner Guard(ITransactionSigner signer) => new GuardedSigner(signer, _pipeline);

    private sealed class GuardedSigner(ITransactionSigner signer, ResiliencePipeline pipeline) : ITransactionSigner
    {
        public Address Address => signer.Address;

        public async Task<Signature> SignAsync(Hash32 digest, CancellationToken cancellationToken) => await pipeline.ExecuteAsync(
            static async (state, token) => await state.Signer.SignAsync(state.Digest, token), (Signer: signer, Digest: digest), cancellationToken);
    }
}

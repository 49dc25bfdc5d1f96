using Gateway.Server.Configuration;
using Gateway.Server.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Gateway.Server.Storage;

/// <summary>Polly around Redis: a timeout and one breaker for all calls; a second try for reads only, since a write without an answer may have happened.</summary>
/// <remarks>The connection's own timeout is looked at once a second only, so it comes second.</remarks>
internal sealed class RedisPipelines
{
    public RedisPipelines(IOptions<RedisOptions> options, TimeProvider time)
    {
        Breaker = new BreakerRecord(time);
        var breaker = Breaker.Watch(new CircuitBreakerStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(RedisFaults.IsFailure),
            FailureRatio = 0.5,
            MinimumThroughput = 4,
            SamplingDuration = TimeSpan.FromSeconds(10),
            BreakDuration = TimeSpan.FromSeconds(1),
        });
        var retry = new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(RedisFaults.IsFailure),
            MaxRetryAttempts = 1,
            Delay = TimeSpan.FromMilliseconds(50),
            UseJitter = true,
        };
        Write = new ResiliencePipelineBuilder { TimeProvider = time, Name = "redis" }
            .AddCircuitBreaker(breaker)
            .AddTimeout(options.Value.CommandTimeout)
            .Build();
        Read = new ResiliencePipelineBuilder { TimeProvider = time, Name = "redis.read" }.AddRetry(retry).AddPipeline(Write).Build();
    }

    public BreakerRecord Breaker { get; }

    public CircuitBreakerStateProvider State => Breaker.Provider;

    public ResiliencePipeline Read { get; }

    public ResiliencePipeline Write { get; }
}

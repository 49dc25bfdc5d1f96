using Gateway.Chain.Rpc;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Telemetry;
using Polly.Timeout;

namespace Gateway.Server.Resilience;

/// <summary>Polly around one RPC endpoint: "chain.write" (rest, breaker, timeout) and "chain.read", which is the same with one more try.</summary>
/// <remarks>Both share the breaker: what it says is whether this endpoint answers. A broadcast is never repeated here: settlement does, with the same bytes.</remarks>
internal sealed class EndpointPipelines
{
    private static readonly TimeSpan FirstBreak = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBreak = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeastSampling = TimeSpan.FromSeconds(10);

    private readonly RestStrategy _rest;

    public EndpointPipelines(string endpoint, TimeSpan timeout, TimeProvider time, Action<Exception?> opened)
    {
        Breaker = new BreakerRecord(time, opened);
        _rest = new RestStrategy(time);
        // Polly's own events go to its meter; what is worth a line is logged by whoever knows what it means.
        var telemetry = new TelemetryOptions { LoggerFactory = NullLoggerFactory.Instance };
        Write = new ResiliencePipelineBuilder { TimeProvider = time, Name = "chain.write", InstanceName = endpoint }
            .AddStrategy(_ => _rest, new RestOptions())
            .AddCircuitBreaker(Breaker.Watch(BreakerOptions(timeout)))
            .AddTimeout(new TimeoutStrategyOptions { Timeout = timeout })
            .ConfigureTelemetry(telemetry)
            .Build();
        Read = new ResiliencePipelineBuilder { TimeProvider = time, Name = "chain.read", InstanceName = endpoint }
            .AddRetry(RetryOptions())
            .AddPipeline(Write)
            .ConfigureTelemetry(telemetry)
            .Build();
    }

    public BreakerRecord Breaker { get; }

    /// <summary>Until when the endpoint asked to be left alone; null where it may be asked.</summary>
    public DateTimeOffset? RestsUntil => _rest.Until;

    public ResiliencePipeline Read { get; }

    public ResiliencePipeline Write { get; }

    private static CircuitBreakerStrategyOptions BreakerOptions(TimeSpan timeout) => new()
    {
        ShouldHandle = static args => ValueTask.FromResult(
            EndpointFaults.IsEndpoints(args.Outcome.Exception) || EndpointFaults.IsEndpoints(args.Outcome.Result as SendOutcome)),
        FailureRatio = 0.5,
        // Also an endpoint that hangs, and is asked by one poll after the other only, must get there: a timeout each, within the window.
        MinimumThroughput = 4,
        SamplingDuration = timeout * 6 > LeastSampling ? timeout * 6 : LeastSampling,
        BreakDurationGenerator = static args => ValueTask.FromResult(BreakAfter(args.HalfOpenAttempts)),
    };

    private static RetryStrategyOptions RetryOptions() => new()
    {
        ShouldHandle = static args => ValueTask.FromResult(EndpointFaults.IsWorthAnotherTry(args.Outcome.Exception)),
        MaxRetryAttempts = 1,
        Delay = TimeSpan.FromMilliseconds(30),
        UseJitter = true,
    };

    private static TimeSpan BreakAfter(int failedProbes) =>
        TimeSpan.FromTicks(Math.Min(FirstBreak.Ticks << Math.Min(failedProbes, 10), LongestBreak.Ticks));

    private sealed class RestOptions : ResilienceStrategyOptions
    {
        public RestOptions() => Name = "Rest";
    }
}

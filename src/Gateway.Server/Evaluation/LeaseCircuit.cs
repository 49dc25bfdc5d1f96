using Gateway.Domain.Leases;
using Polly;
using Polly.CircuitBreaker;

namespace Gateway.Server.Evaluation;

/// <summary>One lease's Polly circuit breaker, whose protected call is "look at the lease".</summary>
/// <remarks>
/// Polly 8 cannot be handed a stored state, opens only after two failures, and becomes half-open only when somebody calls. So it is fed: certain
/// evidence as many failures as it wants, a stored open state as failures with the break that was left. A breaker lives from the first bad look
/// until it is healthy again, which also makes "in a row" true: no success of long ago is in its window.
/// </remarks>
internal sealed class LeaseCircuit
{
    private readonly ResiliencePipeline<bool> _pipeline;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly BreakerOptions _options;
    private TimeSpan? _restored;

    public LeaseCircuit(BreakerOptions options, TimeProvider time)
    {
        _options = options;
        _pipeline = new ResiliencePipelineBuilder<bool> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = 1,
                MinimumThroughput = options.UncertainLooks,
                SamplingDuration = TimeSpan.FromHours(12),
                ShouldHandle = static args => ValueTask.FromResult(!args.Outcome.Result),
                BreakDurationGenerator = args => ValueTask.FromResult(BreakFor(args.HalfOpenAttempts)),
                StateProvider = _state,
            })
            .Build();
    }

    public bool IsOpen => _state.CircuitState is CircuitState.Open;

    /// <summary>How long the breaker stays open after this many failed probes.</summary>
    public TimeSpan BreakFor(int failedProbes)
    {
        if (_restored is { } left)
            return left;
        var factor = 1L << Math.Min(failedProbes, 20);
        return TimeSpan.FromTicks(Math.Min(_options.FirstBreak.Ticks * factor, _options.LongestBreak.Ticks));
    }

    /// <summary>Makes a fresh breaker stand where the stored one stood.</summary>
    public LeaseCircuit Restore(LeaseBreaker stored, DateTimeOffset now)
    {
        if (stored.IsOpen || stored.State == BreakerState.HalfOpen)
        {
            _restored = stored.ProbeAt is { } at && at > now ? at - now : TimeSpan.Zero;
            RecordCertain();
            _restored = null;
        }
        else
        {
            for (var i = 0; i < stored.Strikes; i++)
                Record(healthy: false);
        }

        return this;
    }

    /// <summary>One look. False where the breaker is open and not yet due for a probe.</summary>
    public bool Record(bool healthy)
    {
        try
        {
            _ = _pipeline.Execute(static outcome => outcome, healthy);
            return true;
        }
        catch (BrokenCircuitException)
        {
            return false; // Open, and the break is not over: the look does not count.
        }
    }

    /// <summary>Certain evidence: as many failures as Polly wants to see.</summary>
    public void RecordCertain()
    {
        for (var i = 0; i < _options.UncertainLooks && !IsOpen; i++)
            Record(healthy: false);
    }
}

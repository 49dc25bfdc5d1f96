using Gateway.Domain.Leases;
using Polly.CircuitBreaker;

namespace Gateway.Server.Resilience;

/// <summary>One dependency as its breaker sees it.</summary>
/// <param name="Name">"rpc:NAME", "redis", "signer".</param>
/// <param name="ChangedAt">Since when it is in this state; null where it never left the first one.</param>
/// <param name="Detail">A sentence for people.</param>
internal sealed record DependencyState(string Name, BreakerState State, DateTimeOffset? ChangedAt, string Detail);

/// <summary>Remembers what Polly's breaker only tells in passing: when it changed, and over what.</summary>
/// <param name="opened">Called when the breaker opens, with what opened it. It must not throw: the caller whose call failed would see that instead.</param>
internal sealed class BreakerRecord(TimeProvider time, Action<Exception?>? opened = null)
{
    private Change? _last;

    public CircuitBreakerStateProvider Provider { get; } = new();

    public CircuitState State => Provider.CircuitState;

    /// <summary>Hangs this record onto the options of the one breaker it is for.</summary>
    public CircuitBreakerStrategyOptions Watch(CircuitBreakerStrategyOptions options)
    {
        options.StateProvider = Provider;
        options.OnOpened = args =>
        {
            _last = new Change(time.GetUtcNow(), args.Outcome.Exception?.Message);
            opened?.Invoke(args.Outcome.Exception);
            return default;
        };
        options.OnHalfOpened = _ => NoteAsync();
        options.OnClosed = _ => NoteAsync();
        return options;
    }

    public DependencyState ToState(string name)
    {
        var last = _last;
        return State switch
        {
            CircuitState.Closed => new DependencyState(name, BreakerState.Closed, last?.At, last is null ? "It answers." : "It answers again."),
            CircuitState.Open => new DependencyState(name, BreakerState.Open, last?.At, last?.Why ?? "It failed too often."),
            CircuitState.HalfOpen => new DependencyState(name, BreakerState.HalfOpen, last?.At, "One call is let through to see whether it answers again."),
            CircuitState.Isolated => new DependencyState(name, BreakerState.Isolated, last?.At, "Held open by hand."),
        };
    }

    private ValueTask NoteAsync()
    {
        _last = new Change(time.GetUtcNow(), Why: null);
        return default;
    }

    private sealed record Change(DateTimeOffset At, string? Why);
}

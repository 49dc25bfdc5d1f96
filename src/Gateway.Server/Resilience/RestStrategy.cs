using Gateway.Chain.Rpc;
using Polly;
using Polly.CircuitBreaker;

namespace Gateway.Server.Resilience;

/// <summary>An endpoint that answers "too many requests" is left alone for as long as it says (HTTP 429 with Retry-After).</summary>
/// <remarks>Polly's breaker cannot do it: one failure never opens it, and its break does not know of the answer that caused it.</remarks>
internal sealed class RestStrategy(TimeProvider time) : ResilienceStrategy
{
    /// <summary>Where the endpoint does not say how long.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(1);

    /// <summary>Whatever it says: an endpoint must not be able to send us away for a day.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private long _until;

    /// <summary>When it may be asked again; null where it may be asked now.</summary>
    public DateTimeOffset? Until
    {
        get
        {
            var until = new DateTimeOffset(Volatile.Read(ref _until), TimeSpan.Zero);
            return until > time.GetUtcNow() ? until : null;
        }
    }

    protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
    {
        if (Until is { } until)
            return Outcome.FromException<TResult>(new BrokenCircuitException($"it asked for rest until {until:HH:mm:ss} UTC", until - time.GetUtcNow()));
        var outcome = await callback(context, state);
        var exception = outcome.Exception ?? (outcome.Result as SendOutcome.Unknown)?.Cause;
        if (EndpointFaults.RestWanted(exception) is { } wanted)
            RestFor(wanted);
        return outcome;
    }

    private void RestFor(TimeSpan wanted)
    {
        var rest = wanted < TimeSpan.Zero ? TimeSpan.Zero : wanted > Longest ? Longest : wanted;
        Volatile.Write(ref _until, (time.GetUtcNow() + rest).UtcTicks);
    }
}

using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>
/// Nothing is read from an endpoint, and nothing sent to it, before it said that it is on our chain; after its breaker was open it must say so again, since
/// what answers then may be another machine (a fail-over onto another chain: Chainlink's InvalidChainID).
/// </summary>
/// <param name="quarantined">Called when the endpoint is found to be on another chain, not again while it stays there.</param>
internal sealed class ChainIdCheck(ChainId expected, TimeProvider time, Action<ChainId> quarantined)
{
    /// <summary>A quarantined endpoint is asked again this often: somebody may have corrected it.</summary>
    public static readonly TimeSpan Recheck = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();

    private bool _verified;
    private int _forgotten;
    private Task? _checking;
    private Finding? _wrong;

    /// <summary>The endpoint said that it is on another chain, this one; null where it did not.</summary>
    public ChainId? WrongChain => Volatile.Read(ref _wrong)?.Actual;

    public DateTimeOffset? WrongSince => Volatile.Read(ref _wrong)?.Since;

    /// <summary>Whether the endpoint may be asked without a check before it.</summary>
    public bool IsVerified => Volatile.Read(ref _verified);

    /// <summary>What was verified is no longer known.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _verified = false;
            _forgotten++;
        }
    }

    /// <summary>Returns when the endpoint is known to be on our chain. Callers that come together share one question.</summary>
    /// <exception cref="ChainException">It is not, or it could not be asked.</exception>
    public Task EnsureAsync(RpcOrigin origin, Func<Task<ChainId>> ask, CancellationToken cancellationToken)
    {
        if (IsVerified)
            return Task.CompletedTask;
        lock (_lock)
        {
            if (_wrong is { } wrong && time.GetUtcNow() < wrong.RecheckAt)
                return Task.FromException(Mismatch(origin, wrong.Actual));
            if (_checking is not { IsCompleted: false })
                _checking = CheckAsync(origin, ask);
            return _checking.WaitAsync(cancellationToken);
        }
    }

    private async Task CheckAsync(RpcOrigin origin, Func<Task<ChainId>> ask)
    {
        var before = Volatile.Read(ref _forgotten);
        var actual = await ask();
        lock (_lock)
        {
            if (actual == expected)
            {
                // An answer from before the breaker opened says nothing about what answers after it.
                (_verified, _wrong) = (before == _forgotten, null);
                return;
            }

            if (_wrong?.Actual != actual)
                quarantined(actual);
            var now = time.GetUtcNow();
            _wrong = new Finding(actual, _wrong?.Since ?? now, now + Recheck);
        }

        throw Mismatch(origin, actual);
    }

    private RpcFailedException Mismatch(RpcOrigin origin, ChainId actual) =>
        new(origin, RpcFailure.NotAsked, $"it is on chain {actual}, not on {expected}");

    private sealed record Finding(ChainId Actual, DateTimeOffset Since, DateTimeOffset RecheckAt);
}

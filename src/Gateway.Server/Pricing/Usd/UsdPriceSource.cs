using Gateway.Domain.Leases;
using Gateway.Domain.Pricing;
using Gateway.Server.Resilience;

namespace Gateway.Server.Pricing.Usd;

/// <summary>A worth, and since when it is true.</summary>
internal sealed record UsdReading(UsdWorth Worth, DateTimeOffset At);

/// <summary>What one super token is worth in dollars: the last reading that was believed.</summary>
/// <param name="read">Asks the source; null: it is fixed.</param>
internal sealed class UsdPriceSource(
    string symbol, PriceSourceOptions options, Func<CancellationToken, Task<UsdReading>>? read, Func<DependencyState> breaker, TimeProvider time)
{
    private readonly UsdWorth? _fixed = UsdWorth.TryParse(options.Fixed, out var worth) ? worth : null;
    private readonly UsdWorth? _least = UsdWorth.TryParse(options.Least, out var least) ? least : null;
    private readonly UsdWorth? _most = UsdWorth.TryParse(options.Most, out var most) ? most : null;

    private UsdReading? _last;
    private string? _problem;

    public string Symbol => symbol;

    public string Name => "prices:" + symbol;

    /// <summary>Null: none was ever believed.</summary>
    public UsdWorth? Worth => _fixed ?? Volatile.Read(ref _last)?.Worth;

    /// <summary>Since when the worth is true; null: none was ever believed, or it is fixed.</summary>
    public DateTimeOffset? At => Volatile.Read(ref _last)?.At;

    public DateTimeOffset AskedAt { get; private set; }

    public bool IsDue => time.GetUtcNow() >= AskedAt + options.RefreshInterval;

    /// <summary>Why nothing new may be priced by it, for people; null: it may.</summary>
    public string? Stale => (_fixed, Volatile.Read(ref _last)) switch
    {
        (not null, _) => null,
        (null, null) => $"What {symbol} is worth in dollars is not known yet. {_problem}".TrimEnd(),
        (null, { } last) when time.GetUtcNow() - last.At > options.StaleAfter => $"What {symbol} is worth in dollars was last known at {last.At:u}. {_problem}".TrimEnd(),
        (null, _) => null,
    };

    /// <summary>Asks the source. Where that fails, or the answer is not believed, the last one stays. One at a time.</summary>
    /// <param name="isBelieved">However far it is from the last one: somebody has looked.</param>
    /// <returns>Null, or what was wrong.</returns>
    public async Task<string?> RefreshAsync(bool isBelieved, CancellationToken cancellationToken)
    {
        AskedAt = time.GetUtcNow();
        if (read is null)
            return null;
        try
        {
            var reading = await read(cancellationToken);
            _problem = WhyNot(reading, isBelieved);
            if (_problem is null)
                Volatile.Write(ref _last, reading);
        }
        catch (SourceException e)
        {
            _problem = e.Message;
        }

        return _problem;
    }

    public DependencyState ToState()
    {
        var state = breaker() with { Name = Name };
        return (Stale, _problem) switch
        {
            ({ } stale, _) => state with { State = state.State == BreakerState.Closed ? BreakerState.Open : state.State, Detail = stale },
            (null, { } problem) => state with { Detail = problem },
            (null, null) => state with { Detail = $"{Worth}" },
        };
    }

    private string? WhyNot(UsdReading reading, bool isBelieved)
    {
        if (reading.At > time.GetUtcNow() + options.StaleAfter)
            return $"{Name} answers with an instant that has not come yet, {reading.At:u}.";
        if ((_least is not null && reading.Worth.Atto < _least.Atto) || (_most is not null && reading.Worth.Atto > _most.Atto))
            return $"{Name} answers {reading.Worth}, outside the configured bounds.";
        return Volatile.Read(ref _last) is { } last && !isBelieved && reading.Worth.IsFurtherThan(options.MostChangePpm, last.Worth)
            ? $"{Name} answers {reading.Worth}, too far from {last.Worth} to be believed: reload the prices by hand where it is right."
            : null;
    }
}

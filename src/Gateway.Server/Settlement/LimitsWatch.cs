using Gateway.Server.Configuration;

namespace Gateway.Server.Settlement;

/// <param name="Options">As configured, and above that as set by hand.</param>
internal sealed record LimitsInForce(LaneLimits ByHand, SettlementOptions Options);

/// <summary>Reads what is in force, and notices when Redis has forgotten what was set by hand: ceilings, a budget, a pause that somebody relies on.</summary>
/// <remarks>
/// Only who has seen them can tell: every replica reads them every few seconds, and remembers. Whoever finds it out writes it down in their place, for all
/// replicas and restarts, until they are set again. They are not set again by themselves: what this process remembers may be what was taken back since.
/// </remarks>
internal sealed partial class LimitsWatch(LanePorts ports, SettlementTuning tuning, ILogger<LimitsWatch> logger)
{
    private LaneLimits? _seen;

    /// <summary>Since when it is known that Redis has forgotten them; null: it has not, as far as this process last saw.</summary>
    public DateTimeOffset? LostAt => Volatile.Read(ref _seen)?.LostAt;

    /// <exception cref="Storage.StoreUnavailableException">Redis has no answer.</exception>
    public async Task<LimitsInForce> ReadAsync(CancellationToken cancellationToken)
    {
        var seen = Volatile.Read(ref _seen);
        var byHand = await ports.Lane.LimitsAsync(cancellationToken);
        if (seen is not null && byHand.HasForgotten(seen))
        {
            var marked = byHand with { SetAt = seen.SetAt, LostAt = ports.Now };
            // Not where somebody has set them in this moment.
            if (await ports.Lane.TellLimitsLostAsync(byHand, marked, cancellationToken))
                LogLost(seen, marked);
            byHand = await ports.Lane.LimitsAsync(cancellationToken);
        }

        Volatile.Write(ref _seen, byHand);
        return new LimitsInForce(byHand, tuning.Under(byHand));
    }

    /// <summary>Sets all of them; what was lost before is over by that.</summary>
    /// <exception cref="Storage.StoreUnavailableException">Redis has no answer: repeating it is safe.</exception>
    public async Task SetAsync(LaneLimits limits, CancellationToken cancellationToken)
    {
        var before = await ports.Lane.LimitsAsync(cancellationToken);
        // Rises over replicas whose clocks differ.
        var at = before.SetAt is { } last && last >= ports.Now ? last.AddMilliseconds(1) : ports.Now;
        var set = limits with { SetAt = at, LostAt = null };
        await ports.Lane.SetLimitsAsync(set, cancellationToken);
        Volatile.Write(ref _seen, set);
    }

    [LoggerMessage(EventId = 7188, Level = LogLevel.Warning, Message = "Redis has forgotten what was set by hand for the lane: {Forgotten}. In force is {InForce}. Set it again, or set nothing, which confirms this.")]
    private partial void LogLost(LaneLimits forgotten, LaneLimits inForce);
}

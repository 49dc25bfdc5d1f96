using System.Collections.Immutable;

namespace Gateway.Server.Settlement;

/// <summary>What keeps the lane from working as it should. Names are tags of metrics.</summary>
internal enum LaneTrouble
{
    Unspecified = 0,

    /// <summary>No endpoint has a usable answer.</summary>
    ChainSilent = 1,

    /// <summary>Redis has no answer.</summary>
    StoreSilent = 2,
    SignerSilent = 3,

    /// <summary>The operator has too little native coin for the worst case.</summary>
    OutOfFunds = 4,

    /// <summary>Gas costs more than some due flows may pay.</summary>
    GasAboveCeiling = 5,

    /// <summary>The day's budget is used up.</summary>
    OverBudget = 6,

    /// <summary>A transaction of ours that no node would take.</summary>
    InvalidTransaction = 7,

    /// <summary>Some accounts could not be read or told.</summary>
    AccountSilent = 8,

    /// <summary>Whoever is on call has stopped the planning.</summary>
    PausedByHand = 9,

    /// <summary>Redis went back in time, or is empty: nothing is planned until what it lost is found again on chain.</summary>
    StoreRegressed = 10,

    /// <summary>Redis was lost, and what the day has cost is not read from the chain in full: what can wait may not use what is assumed to be spent.</summary>
    CostsAssumed = 11,
}

/// <param name="Times">How often it was met since it began.</param>
internal sealed record TroubleState(LaneTrouble Trouble, DateTimeOffset Since, long Times, string Detail);

/// <summary>Troubles last: each is logged when it begins and when it ends, however often it is met in between.</summary>
internal sealed partial class LaneTroubles(SettlementMetrics metrics, TimeProvider time, ILogger<LaneTroubles> logger)
{
    private ImmutableDictionary<LaneTrouble, TroubleState> _present = ImmutableDictionary<LaneTrouble, TroubleState>.Empty;

    /// <summary>May be read by anybody; only the lane's loop changes it.</summary>
    public IReadOnlyCollection<TroubleState> Present => [.. Volatile.Read(ref _present).Values];

    public bool Has(LaneTrouble trouble) => Volatile.Read(ref _present).ContainsKey(trouble);

    public void Met(LaneTrouble trouble, string detail)
    {
        if (_present.TryGetValue(trouble, out var before))
        {
            Volatile.Write(ref _present, _present.SetItem(trouble, before with { Times = before.Times + 1, Detail = detail }));
            return;
        }

        Volatile.Write(ref _present, _present.Add(trouble, new TroubleState(trouble, time.GetUtcNow(), 1, detail)));
        metrics.Began(trouble);
        LogBegan(trouble, detail);
    }

    public void Over(LaneTrouble trouble)
    {
        if (!_present.TryGetValue(trouble, out var before))
            return;
        Volatile.Write(ref _present, _present.Remove(trouble));
        var lasted = time.GetUtcNow() - before.Since;
        LogOver(trouble, lasted, before.Times);
    }

    [LoggerMessage(EventId = 7110, Level = LogLevel.Error, Message = "Settlement is in trouble, {Trouble}: {Detail}")]
    private partial void LogBegan(LaneTrouble trouble, string detail);

    [LoggerMessage(EventId = 7111, Level = LogLevel.Information, Message = "Settlement's trouble {Trouble} is over. It lasted {Lasted} and was met {Times} times.")]
    private partial void LogOver(LaneTrouble trouble, TimeSpan lasted, long times);
}

namespace Gateway.Server.Settlement;

/// <summary>What must hold whatever happens (chain-and-transactions.md §2.3). Names are tags of metrics.</summary>
internal enum Invariant
{
    Unspecified = 0,

    /// <summary>No bytes reach an endpoint that are not written down.</summary>
    I1 = 1,

    /// <summary>A nonce that has an attempt ends by consumption alone.</summary>
    I2 = 2,

    /// <summary>The next nonce is derived, not counted.</summary>
    I3 = 3,

    /// <summary>A flow is in one open slot at most.</summary>
    I4 = 4,

    /// <summary>Open nonces have no gap.</summary>
    I5 = 5,

    /// <summary>What is reserved is wanted.</summary>
    I6 = 6,

    /// <summary>Epochs rise.</summary>
    I7 = 7,

    /// <summary>One attempt of a nonce is executed.</summary>
    I8 = 8,

    /// <summary>A slot is closed by a consumed nonce alone.</summary>
    I9 = 9,

    /// <summary>What is at stake is within the day's budget.</summary>
    I10 = 10,

    /// <summary>No older generation is verified after a newer one.</summary>
    I11 = 11,

    /// <summary>What is under way gets on.</summary>
    I12 = 12,
}

/// <summary>Says that an invariant is broken: a metric to wake somebody and a line to say why. It never stops anything, since it may itself be wrong.</summary>
internal sealed partial class Invariants(SettlementMetrics metrics, ILogger<Invariants> logger)
{
    /// <param name="what">Made only where it does not hold.</param>
    public void Check(Invariant invariant, bool holds, Func<string> what)
    {
        if (holds)
            return;
        metrics.Broke(invariant);
        LogBroken(invariant, what());
    }

    [LoggerMessage(EventId = 7196, Level = LogLevel.Error, Message = "Settlement's invariant {Invariant} does not hold: {What}.")]
    private partial void LogBroken(Invariant invariant, string what);
}

namespace Gateway.Domain.Leases;

/// <summary>Where the payment of a VM stands. Numbers are those of the wire and of the store: append only.</summary>
public enum LeaseState
{
    Unspecified = 0,

    /// <summary>The intent is durable, the chain does not pay yet.</summary>
    Opening = 1,

    /// <summary>An executed block showed every leg paid.</summary>
    Active = 2,

    /// <summary>Pays, at the former price.</summary>
    Updating = 3,

    /// <summary>The breaker is open or half-open.</summary>
    Paused = 4,

    /// <summary>Ended; the chain still pays for it.</summary>
    Closing = 5,

    /// <summary>Ended, and no flow carries it any more.</summary>
    Closed = 6,

    /// <summary>Could not be opened.</summary>
    Rejected = 7,
}

/// <summary>A lease's circuit breaker as it is stored; Polly is rebuilt from this.</summary>
public enum BreakerState
{
    Unspecified = 0,
    Closed = 1,
    Open = 2,

    /// <summary>The probe is under way: the flow is being restored and looked at.</summary>
    HalfOpen = 3,

    /// <summary>Held open by an operator's hand.</summary>
    Isolated = 4,
}

/// <summary>What the VM should be doing: a level, not an edge.</summary>
public enum Execution
{
    Unspecified = 0,
    Wait = 1,
    Run = 2,
    Pause = 3,
    Terminate = 4,
}

/// <summary>Why. A closed list that only grows; the wire's numbers.</summary>
public enum Reason
{
    Unspecified = 0,
    Funded = 1,
    Recovered = 2,
    RunwayLow = 3,
    FlowClosedByPayer = 4,
    FlowClosedByPayee = 5,
    FlowLiquidated = 6,
    FlowRateLowered = 7,
    PermissionRevoked = 8,
    AllowanceExhausted = 9,
    InsufficientBalance = 10,
    ChainUnreachable = 11,
    SettlementStalled = 12,
    GasAboveCeiling = 13,
    Uneconomic = 14,
    Isolated = 15,
    GraceExpired = 16,
    ClosedByScheduler = 17,
    PayeeRejected = 18,
    FlowClosedByOther = 19,
}

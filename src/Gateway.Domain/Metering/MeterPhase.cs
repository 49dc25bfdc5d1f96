namespace Gateway.Domain.Metering;

/// <summary>What a VM does, as far as money goes. Numbers are those of the store: append only.</summary>
public enum MeterPhase
{
    Unspecified = 0,

    /// <summary>Nothing is metered: the VM was never reported running, or it ended.</summary>
    Stopped = 1,

    /// <summary>At the lease's price.</summary>
    Running = 2,

    /// <summary>At the paused rate.</summary>
    Paused = 3,
}

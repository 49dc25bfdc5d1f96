using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Testing.History;

/// <summary>One thing between the gateway and a scheduler.</summary>
public abstract record Exchange(LeaseId Lease)
{
    /// <summary>The scheduler was told what to do, and by what that was explained.</summary>
    /// <param name="Block">Executed, that was looked at; null: it was not for what a block shows.</param>
    public sealed record Told(LeaseId Lease, Execution Execution, Reason Reason, BlockNumber? Block, Hash32? Transaction) : Exchange(Lease);

    /// <summary>It was acknowledged that the VM stands, or that its lease ends.</summary>
    public sealed record Stopped(LeaseId Lease) : Exchange(Lease);
}

/// <summary>The least that each flow of a lease was ever due for it.</summary>
public sealed record RecordedLease(LeaseId Id, IReadOnlyDictionary<FlowKey, FlowRate> LeastLegs);

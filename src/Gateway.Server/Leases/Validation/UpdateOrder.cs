using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Leases.Errors;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>A change of a lease, found to be well-formed as far as the request alone can tell.</summary>
/// <param name="Rate">Null: as it is. Likewise the priority and the paused rate.</param>
/// <param name="EffectiveAt">When the request arrived, where it says nothing.</param>
/// <param name="Version">0: whatever the version.</param>
internal sealed record UpdateOrder(
    LeaseId Id, FlowRate? Rate, int? Priority, FlowRate? PausedRate, DateTimeOffset EffectiveAt, ulong Version, LeaseWait? Wait)
{
    /// <exception cref="InvalidRequestException">With every problem of the request.</exception>
    public static UpdateOrder Read(Wire.UpdateLeaseRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var id = fields.LeaseId("lease_id", request.LeaseId);
        var rate = request.Price is null ? null : fields.Price(request.Price);
        var paused = request.HasPausedFlowRate ? fields.PausedRate(request.PausedFlowRate, rate) : null;
        var effectiveAt = fields.Time("effective_at", request.EffectiveAt);
        var wait = fields.Wait(request.WaitFor, request.WaitAtMost);
        if (fields.HaveProblems || id is null)
            throw fields.ToException();
        return new UpdateOrder(id, rate, request.HasPriority ? request.Priority : null, paused, rules.NotAhead(effectiveAt ?? rules.Now), request.Version, wait);
    }

    /// <summary>What of the request only the lease can tell.</summary>
    /// <exception cref="InvalidRequestException">The paused rate would be above the price, or the change before the lease.</exception>
    /// <exception cref="VersionConflictException">The lease is in another version.</exception>
    public void Check(Lease lease)
    {
        if (Version != 0 && Version != lease.Version)
            throw new VersionConflictException(lease.Id, Version, lease.Version);
        var fields = new RequestFields(EffectiveAt);
        if ((PausedRate ?? lease.PausedRate) > (Rate ?? lease.Rate))
            fields.Add(PausedRate is null ? "price.flow_rate" : "paused_flow_rate", $"the paused VM would cost {PausedRate ?? lease.PausedRate}, the running one {Rate ?? lease.Rate}.");
        if (EffectiveAt < lease.OpenedAt)
            fields.Add("effective_at", $"is before the lease was opened, {lease.OpenedAt:O}.");
        else if (EffectiveAt < lease.Meter.FixedBefore && Changes(lease))
            fields.Add("effective_at", $"is before {lease.Meter.FixedBefore:O}: what the VM used before that is settled.");
        fields.ThrowIfAny();
    }

    public bool Changes(Lease lease) =>
        (Rate ?? lease.Rate) != lease.Rate || (Priority ?? lease.Priority) != lease.Priority || (PausedRate ?? lease.PausedRate) != lease.PausedRate;

    public LeaseChange ToChange(string? traceParent) => new(Rate, Priority, PausedRate, EffectiveAt, traceParent);
}

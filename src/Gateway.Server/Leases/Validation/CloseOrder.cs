using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Leases.Errors;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>An end of a lease, found to be well-formed as far as the request alone can tell.</summary>
/// <param name="EndedAt">When the request arrived, where it says nothing.</param>
/// <param name="IsDated">The request says when.</param>
internal sealed record CloseOrder(LeaseId Id, DateTimeOffset EndedAt, bool IsDated, LeaseWait? Wait)
{
    /// <exception cref="InvalidRequestException">With every problem of the request.</exception>
    public static CloseOrder Read(Wire.CloseLeaseRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var id = fields.LeaseId("lease_id", request.LeaseId);
        var endedAt = fields.Time("ended_at", request.EndedAt);
        var wait = fields.Wait(request.WaitFor, request.WaitAtMost);
        if (fields.HaveProblems || id is null)
            throw fields.ToException();
        return new CloseOrder(id, rules.NotAhead(endedAt ?? rules.Now), endedAt is not null, wait);
    }

    /// <exception cref="InvalidRequestException">It would end before it was opened.</exception>
    public void Check(Lease lease)
    {
        if (IsDated && EndedAt < lease.OpenedAt)
            throw new InvalidRequestException("ended_at", $"is before the lease was opened, {lease.OpenedAt:O}.");
    }
}

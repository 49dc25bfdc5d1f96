using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Leases.Errors;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>A change of a lease, found to be well-formed as far as the request alone can tell.</summary>
/// <param name="Price">Null: as it is. Likewise the priority and the paused rate.</param>
/// <param name="EffectiveAt">When the request arrived, where it says nothing.</param>
/// <param name="Version">0: whatever the version.</param>
internal sealed record UpdateOrder(
    LeaseId Id, PriceAsk? Price, int? Priority, PausedAsk? Paused, DateTimeOffset EffectiveAt, ulong Version, LeaseWait? Wait)
{
    /// <exception cref="InvalidRequestException">With every problem of the request.</exception>
    public static UpdateOrder Read(Wire.UpdateLeaseRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var id = fields.LeaseId("lease_id", request.LeaseId);
        var price = request.Price is null ? null : PriceAsk.Read(fields, request.Price);
        if (request.Price is { KindCase: Wire.Price.KindOneofCase.Resources } && rules.Prices.Current is null)
            ListPrice.Miss(fields);
        var paused = request.HasPausedFlowRate ? new PausedAsk(fields.PausedRate(request.PausedFlowRate)) : null;
        if (paused?.Rate > price?.Rate)
            fields.Add(LeaseFields.PausedFlowRate, "is above the price of the running VM.");
        var effectiveAt = fields.Time("effective_at", request.EffectiveAt);
        var wait = fields.Wait(request.WaitFor, request.WaitAtMost);
        if (fields.HaveProblems || id is null)
            throw fields.ToException();
        return new UpdateOrder(id, price, request.HasPriority ? request.Priority : null, paused, rules.NotAhead(effectiveAt ?? rules.Now), request.Version, wait);
    }

    /// <summary>What the list in force says of the resources that are asked for; null where none are.</summary>
    /// <exception cref="InvalidRequestException">The list cannot price them in the lease's token.</exception>
    public ListPrice? PriceFor(Lease lease, LeaseRules rules) =>
        Price is { IsByList: true } price ? ListPrice.Require(price.Resources, lease.Account.SuperToken, rules.Prices) : null;

    /// <summary>The change of this lease.</summary>
    /// <param name="priced">Of <see cref="PriceFor"/>.</param>
    public LeaseChange ToChange(Lease lease, ListPrice? priced, string? traceParent)
    {
        var paused = PausedAfter(lease, priced);
        return new LeaseChange(priced?.Rate ?? Price?.Rate, Priority, paused, EffectiveAt, traceParent)
        {
            Pricing = priced?.ToPricing(isPausedRateByPlan: paused == priced.PausedRate && Paused?.Rate is null),
        };
    }

    /// <summary>What of the request only the lease can tell.</summary>
    /// <exception cref="InvalidRequestException">The paused rate would be above the price, or the change before the lease.</exception>
    /// <exception cref="VersionConflictException">The lease is in another version.</exception>
    public void Check(Lease lease, LeaseChange change)
    {
        if (Version != 0 && Version != lease.Version)
            throw new VersionConflictException(lease.Id, Version, lease.Version);
        var fields = new RequestFields(EffectiveAt);
        var (rate, paused) = (change.Rate ?? lease.Rate, change.PausedRate ?? lease.PausedRate);
        if (paused > rate)
            fields.Add(Paused is not null ? LeaseFields.PausedFlowRate : Price?.IsByList == true ? PriceFields.Resources : PriceFields.FlowRate, $"the paused VM would cost {paused}, the running one {rate}.");
        if (EffectiveAt < lease.OpenedAt)
            fields.Add("effective_at", $"is before the lease was opened, {lease.OpenedAt:O}.");
        else if (EffectiveAt < lease.Meter.FixedBefore && (rate != lease.Rate || paused != lease.PausedRate))
            fields.Add("effective_at", $"is before {lease.Meter.FixedBefore:O}: what the VM used before that is settled.");
        fields.ThrowIfAny();
    }

    /// <summary>What was named stays until it is named again; what nobody named comes from the plan.</summary>
    private FlowRate? PausedAfter(Lease lease, ListPrice? priced) => (Paused, priced) switch
    {
        ({ Rate: { } named }, _) => named,
        ({ Rate: null }, _) => priced?.PausedRate ?? FlowRate.Zero,
        (null, null) => null,
        (null, not null) => lease.Pricing is { IsPausedRateByPlan: false } || (lease.Pricing is null && !lease.PausedRate.IsZero) ? null : priced.PausedRate,
    };
}

/// <summary>What a paused VM shall cost from now on.</summary>
/// <param name="Rate">Null: what the plan says, and 0 where there is none.</param>
internal sealed record PausedAsk(FlowRate? Rate);

using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Leases.Requests;

/// <summary>Changes what a lease costs, or how much it matters.</summary>
/// <remarks>Only what raises a flow is held against the chain: a lower price is taken while the chain is out of sight, too.</remarks>
internal sealed class UpdateLease(AccountLooks looks, LeaseAdmission admission, LeaseRules rules, AccountSession session, LeaseAnswers answers)
{
    /// <summary>Rounds after which the account is plainly changing faster than it can be looked at.</summary>
    private const int MaxRounds = 5;

    /// <exception cref="LeaseNotFoundException">There is none of this id.</exception>
    /// <exception cref="LeaseEndedException">It is ending, or has.</exception>
    /// <exception cref="VersionConflictException">It is in another version.</exception>
    /// <exception cref="InvalidRequestException">What is asked for does not fit this lease.</exception>
    /// <exception cref="PriceStaleException">It would cost more, by a worth of its token that is too old.</exception>
    /// <exception cref="RefusedException">The account cannot carry it. Nothing was changed.</exception>
    public async Task<LeaseView> RunAsync(UpdateOrder order, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.Source.StartActivity(GatewayTelemetry.Spans.LeaseUpdate)?.SetTag(GatewayTelemetry.Attributes.LeaseId, order.Id.Value);
        var (lease, _) = await answers.GetAsync(order.Id, cancellationToken);
        // Once: the change is one, whatever list comes meanwhile.
        var priced = order.PriceFor(lease, rules);
        // By an old worth a lease may become cheaper: who gives back half of his VM does not wait for a price.
        if (priced is not null && IsDearer(lease, ChangeOf(lease, order, priced)))
            priced.RequireFresh(lease.Account.SuperToken, rules.Prices);
        AccountLook? look = null;
        for (var round = 1; round <= MaxRounds; round++)
        {
            if (Raises(lease, ChangeOf(lease, order, priced)))
                look = await looks.LookAsync(lease.Account, lease.Payees.Select(p => p.Address), cancellationToken);
            if (await ChangeAsync(order, priced, lease.Account, look, cancellationToken) is { } view)
            {
                span?.SetTag(GatewayTelemetry.Attributes.LeaseState, view.Lease.State.ToString());
                return await answers.WaitAsync(view, order.Wait, cancellationToken);
            }

            (lease, _) = await answers.GetAsync(order.Id, cancellationToken);
        }

        throw new StoreUnavailableException($"Account {lease.Account} changes faster than it can be looked at.");
    }

    /// <returns>Null where the account has to be looked at (again) first.</returns>
    private async Task<LeaseView?> ChangeAsync(UpdateOrder order, ListPrice? priced, AccountKey account, AccountLook? look, CancellationToken cancellationToken)
    {
        var (refusal, needsLook) = ((Refusal?)null, false);
        var result = await session.ChangeAsync(account, Decide, cancellationToken, with: order.Id);
        if (refusal is not null)
            throw new RefusedException(refusal, priced is null ? PriceFields.FlowRate : PriceFields.Resources);
        return needsLook ? null : answers.Of(result, order.Id);

        Decision? Decide(AccountBook book)
        {
            (refusal, needsLook) = (null, false);
            var lease = book.Leases[order.Id];
            var change = ChangeOf(lease, order, priced);
            if (!Changes(lease, change))
                return null;
            if (Raises(lease, change))
            {
                needsLook = look?.Covers(book) != true;
                refusal = needsLook ? null : admission.On(look!).ForChange(book, order.Id, change).Refusal; // Not null: it covers the book.
            }

            return needsLook || refusal is not null ? null : AccountMachine.Update(book, order.Id, change);
        }
    }

    private static LeaseChange ChangeOf(Lease lease, UpdateOrder order, ListPrice? priced)
    {
        if (lease.State == LeaseState.Closing || lease.IsEnded)
            throw new LeaseEndedException(lease);
        var change = order.ToChange(lease, priced, Activity.Current?.Id);
        order.Check(lease, change);
        return change;
    }

    private static bool Changes(Lease lease, LeaseChange change) =>
        (change.Rate ?? lease.Rate) != lease.Rate
        || (change.Priority ?? lease.Priority) != lease.Priority
        || (change.PausedRate ?? lease.PausedRate) != lease.PausedRate
        || (change.Rate is not null && change.Pricing != lease.Pricing);

    /// <summary>Whether it would cost more, running or paused.</summary>
    private static bool IsDearer(Lease lease, LeaseChange change) => change.Rate > lease.Rate || change.PausedRate > lease.PausedRate;

    /// <summary>Whether any flow would have to carry more. Of a higher price not every leg is higher: the first payee owns the remainder.</summary>
    private static bool Raises(Lease lease, LeaseChange change)
    {
        var after = lease with { Rate = change.Rate ?? lease.Rate, PausedRate = change.PausedRate ?? lease.PausedRate };
        return lease.Payees.Any(p => after.WantedFor(p.Address) > lease.WantedFor(p.Address));
    }
}

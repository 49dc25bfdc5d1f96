using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Leases.Requests;

/// <summary>Opens the payment of one VM, once per lease id.</summary>
internal sealed class OpenLease(AccountLooks looks, PayeeCheck payees, LeaseAdmission admission, LeaseClaims claims, AccountSession session, LeaseAnswers answers)
{
    /// <summary>Rounds after which the account, or the id, is plainly being fought over. Each repeats because somebody else succeeded.</summary>
    private const int MaxRounds = 5;

    /// <exception cref="InvalidRequestException">There is no such lease yet, and the price list or the defaults have no terms for it.</exception>
    /// <exception cref="LeaseExistsException">Another request was made under this id.</exception>
    /// <exception cref="PayeeRejectedException">A payee may not be paid.</exception>
    /// <exception cref="PriceStaleException">There is no such lease yet, and what its token is worth is not known well enough to begin one.</exception>
    /// <exception cref="RefusedException">The account cannot carry it. Nothing was stored.</exception>
    public async Task<LeaseView> RunAsync(OpenOrder order, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.Source.StartActivity(GatewayTelemetry.Spans.LeaseOpen)?
            .SetTag(GatewayTelemetry.Attributes.LeaseId, order.Id.Value)
            .SetTag(GatewayTelemetry.Attributes.VmId, order.VmId)
            .SetTag(GatewayTelemetry.Attributes.Payer, order.Account.Payer.ToString())
            .SetTag(GatewayTelemetry.Attributes.SuperToken, order.Account.SuperToken.ToString());
        // A repetition asks nothing of the chain: it is answered while the chain is out of sight, too.
        var existing = await answers.FindAsync(order.Id, cancellationToken);
        var view = existing is { Lease.IsUnclaimed: false } ? Repeated(existing, order) : await OpenAsync(order.For(existing?.Lease), cancellationToken);
        view = await answers.WaitAsync(view, order.Wait, cancellationToken);
        span?.SetTag(GatewayTelemetry.Attributes.LeaseState, view.Lease.State.ToString());
        return view;
    }

    private async Task<LeaseView> OpenAsync(OpenOrder order, CancellationToken cancellationToken)
    {
        for (var round = 1; ; round++)
        {
            var look = await looks.LookAsync(order.Account, order.Terms.Value.Payees.Select(p => p.Address), cancellationToken);
            // One that the journal on chain brought back is paid.
            if (order.IfNew is { } stale && !look.Book.Leases.ContainsKey(order.Id))
                throw stale;
            if (await payees.FindRejectedAsync(order.Terms.Value, look.Book.Leases.ContainsKey(order.Id), look.Seen.Block.Number, cancellationToken) is { } rejected)
                throw rejected;
            try
            {
                if (await OpenOnAsync(order, look, cancellationToken) is { } view)
                    return view;
                if (round == MaxRounds)
                    throw new StoreUnavailableException($"Account {order.Account} gets new payees faster than they can be looked at.");
            }
            catch (LeaseIdTakenException) when (round < MaxRounds)
            {
                // Another account took the id over: the next round finds its lease, or claims the id again.
            }
        }
    }

    /// <returns>Null where the look did not cover the account any more.</returns>
    private async Task<LeaseView?> OpenOnAsync(OpenOrder order, AccountLook look, CancellationToken cancellationToken)
    {
        var rules = admission.On(look);
        // Asked before the id is claimed: what is refused leaves nothing behind.
        if (!look.Book.Leases.ContainsKey(order.Id) && rules.ForLease(look.Book, order.Terms.Value.Rate, order.Terms.Value.Payees).Refusal is { } plain)
            throw new RefusedException(plain, order.Terms.Value.PriceField);
        var claim = await claims.ClaimAsync(order.Id, order.Account, cancellationToken);
        if (claim is LeaseClaim.Spent)
            throw new LeaseExistsException(order.Id);
        // One that the journal on chain brought back is opened again by this, if it is the same.
        if (claim is LeaseClaim.Exists exists && !IsRestored(exists.Lease))
            return Repeated(await answers.ViewAsync(exists.Lease, cancellationToken), order);

        var draft = order.ToDraft(Activity.Current?.Id);
        var (refusal, isCovered) = ((Refusal?)null, true);
        var result = await session.ChangeAsync(order.Account, Decide, cancellationToken, with: order.Id, onlyAfterJournal: true);
        if (refusal is not null)
            throw new RefusedException(refusal, order.Terms.Value.PriceField);
        if (!isCovered)
            return null;
        return Repeated(answers.Of(result, order.Id), order);

        Decision? Decide(AccountBook book)
        {
            var isRepeated = book.Leases.TryGetValue(order.Id, out var existing) && !existing.IsUnclaimed;
            (refusal, isCovered) = (null, isRepeated || look.Covers(book));
            if (isRepeated || !isCovered)
                return null;
            if (existing is not null)
                return Adopt(book);
            if (order.IfNew is not null)
                throw order.IfNew; // It was here a moment ago.
            refusal = rules.ForLease(book, order.Terms.Value.Rate, order.Terms.Value.Payees).Refusal;
            return refusal is null ? AccountMachine.Open(book, draft, look.Seen) : null;
        }

        Decision? Adopt(AccountBook book)
        {
            var decision = AccountMachine.Adopt(book, draft, look.Seen) ?? throw new LeaseExistsException(order.Id);
            refusal = rules.ForAdoption(book, decision.Book, draft).Refusal;
            return refusal is null ? decision : null;
        }

        bool IsRestored(Lease lease) => lease.IsUnclaimed && lease.Account == order.Account;
    }

    private static LeaseView Repeated(LeaseView existing, OpenOrder order) =>
        string.Equals(existing.Lease.Fingerprint, order.Fingerprint, StringComparison.Ordinal) ? existing : throw new LeaseExistsException(order.Id);
}

using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Leases.Requests;

/// <summary>Ends a lease, as often as it is asked to: whoever ends what has ended gets the same lease.</summary>
internal sealed class CloseLease(AccountSession session, DirectiveLog directives, LeaseAnswers answers)
{
    /// <exception cref="LeaseNotFoundException">There is none of this id.</exception>
    /// <exception cref="LeaseMayBeLostException">There is none, but it may be one of those that flow without a name.</exception>
    /// <exception cref="InvalidRequestException">It would end before it was opened.</exception>
    public async Task<LeaseView> RunAsync(CloseOrder order, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.Source.StartActivity(GatewayTelemetry.Spans.LeaseClose)?.SetTag(GatewayTelemetry.Attributes.LeaseId, order.Id.Value);
        var view = await answers.GetAsync(order.Id, cancellationToken);
        if (!IsEnding(view.Lease))
        {
            var trace = Activity.Current?.Id;
            var result = await session.ChangeAsync(view.Lease.Account, book => Decide(book, order, trace), cancellationToken, with: order.Id);
            view = answers.Of(result, order.Id);
        }

        await directives.AcknowledgeAllAsync(view.Lease.Account, order.Id, cancellationToken);
        view = await answers.WaitAsync(view, order.Wait, cancellationToken);
        span?.SetTag(GatewayTelemetry.Attributes.LeaseState, view.Lease.State.ToString());
        return view;
    }

    private static Decision? Decide(AccountBook book, CloseOrder order, string? trace)
    {
        var lease = book.Leases[order.Id];
        if (IsEnding(lease))
            return null;
        order.Check(lease);
        return AccountMachine.Close(book, order.Id, order.EndedAt, trace);
    }

    private static bool IsEnding(Lease lease) => lease.State == LeaseState.Closing || lease.IsEnded;
}

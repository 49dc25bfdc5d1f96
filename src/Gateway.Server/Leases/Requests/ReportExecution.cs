using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Leases.Requests;

/// <summary>Takes what a scheduler says it did: first it is stored, then the directive that it answers is acknowledged.</summary>
internal sealed class ReportExecution(AccountSession session, DirectiveLog directives, LeaseAnswers answers, SettledUse settled, GatewayMetrics metrics, TimeProvider time)
{
    /// <exception cref="LeaseNotFoundException">There is no such lease.</exception>
    /// <exception cref="InvalidRequestException">The directive is another lease's, or what the VM did then is settled, and was something else.</exception>
    public async Task<LeaseView> RunAsync(ReportOrder order, CancellationToken cancellationToken)
    {
        var view = await answers.GetAsync(order.Id, cancellationToken);
        var answered = await FindAnsweredAsync(order, view.Lease, cancellationToken);
        using var span = StartSpan(order, answered);
        metrics.ExecutionReported(order.Told - order.ArrivedAt);
        var report = order.ToReport(answered?.Id);
        var result = await session.ChangeAsync(view.Lease.Account, book => AccountMachine.Report(book, order.Id, report), cancellationToken, with: order.Id);
        if (answered is not null && IsDone(answered.Execution, order.Execution))
            await AcknowledgeAsync(answered, cancellationToken);
        if (order.Execution == Execution.Terminate)
            await directives.AcknowledgeAllAsync(view.Lease.Account, order.Id, cancellationToken);
        // Last, since the directive that it answers was answered, however late.
        if (!result.HasChanged)
            await settled.CheckAsync(result.After.Leases[order.Id], report, cancellationToken);
        return answers.Of(result, order.Id);
    }

    /// <summary>The directive that the report names, or else the one that waits and asks for what was done.</summary>
    /// <returns>Null where none of the kind is known (any more): an answer that came again.</returns>
    private async Task<StoredDirective?> FindAnsweredAsync(ReportOrder order, Lease lease, CancellationToken cancellationToken)
    {
        if (order.Directive is not { } id)
        {
            var pending = await directives.FindPendingAsync(lease.Account, lease.Id, cancellationToken);
            // What was before the newest report is no answer to what was asked since.
            var isNews = AccountMachine.FitOf(lease, order.ToReport(answered: null)) == ReportFit.Newest || !(order.Told < lease.ReportedAt);
            return isNews && pending?.Execution == order.Execution && lease.Execution == order.Execution ? pending : null;
        }

        // A lease's directives lie in the shard of its account.
        if (id.Shard != RedisKeys.ShardOf(lease.Account))
            throw OfAnotherLease();
        var directive = await directives.FindAsync(id, lease.Id, cancellationToken);
        if (directive is not null && directive.Lease != lease.Id)
            throw OfAnotherLease();
        return directive;
    }

    private async Task AcknowledgeAsync(StoredDirective directive, CancellationToken cancellationToken)
    {
        if (await directives.AcknowledgeAsync(directive.Lease, directive.Id, cancellationToken))
            metrics.DirectiveReported(directive.Execution, time.GetUtcNow() - directive.IssuedAt);
    }

    /// <summary>False where a VM is reported running that should stop: the directive is not carried out, and has to be handed over again.</summary>
    private static bool IsDone(Execution asked, Execution reported) => reported != Execution.Run || asked == Execution.Run;

    private static Activity? StartSpan(ReportOrder order, StoredDirective? answered)
    {
        ActivityLink[] links = ActivityContext.TryParse(answered?.TraceParent, traceState: null, isRemote: true, out var issued) ? [new ActivityLink(issued)] : [];
        return GatewayTelemetry.Source
            .StartActivity(GatewayTelemetry.Spans.DirectiveReport, ActivityKind.Consumer, parentContext: default, tags: null, links)?
            .SetTag(GatewayTelemetry.Attributes.LeaseId, order.Id.Value)
            .SetTag(GatewayTelemetry.Attributes.Execution, order.Execution.ToString())
            .SetTag(GatewayTelemetry.Attributes.DirectiveId, answered?.Id.ToString() ?? order.Directive?.ToString());
    }

    private static InvalidRequestException OfAnotherLease() => new("directive_id", "is a directive of another lease.");
}

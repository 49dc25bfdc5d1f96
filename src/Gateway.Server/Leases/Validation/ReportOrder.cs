using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>What a scheduler did with a VM, found to be well-formed as far as the request alone can tell.</summary>
/// <param name="At">Not later than <paramref name="ArrivedAt"/>: a clock that is ahead of ours tells of what has not come yet, and that is not metered.</param>
/// <param name="Told">As the request has it.</param>
/// <param name="ArrivedAt">By our clock.</param>
internal sealed record ReportOrder(LeaseId Id, Execution Execution, DateTimeOffset At, DateTimeOffset Told, DateTimeOffset ArrivedAt, DirectiveId? Directive)
{
    /// <exception cref="Errors.InvalidRequestException">With every problem of the request.</exception>
    public static ReportOrder Read(Wire.ReportExecutionRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var id = fields.LeaseId("lease_id", request.LeaseId);
        if (request.Execution is not (Wire.Execution.Run or Wire.Execution.Pause or Wire.Execution.Terminate))
            fields.Add("execution", $"'{request.Execution}' is not what a VM does: EXECUTION_RUN, EXECUTION_PAUSE or EXECUTION_TERMINATE.");
        var at = fields.Time("at", request.At);
        if (request.At is null)
            fields.Add("at", "is required: the meter counts from there.");
        DirectiveId? directive = null;
        if (DirectiveId.TryParse(request.DirectiveId, out var parsed))
            directive = parsed;
        else if (request.DirectiveId.Length > 0)
            fields.Add("directive_id", "is not the id of a directive of ours.");
        if (fields.HaveProblems || id is null || at is null)
            throw fields.ToException();
        var now = rules.Now;
        return new ReportOrder(id, (Execution)(int)request.Execution, at > now ? now : at.Value, at.Value, now, directive);
    }

    public ExecutionReport ToReport(DirectiveId? answered) => new(Execution, At, (answered ?? Directive)?.ToString()) { Told = Told };
}

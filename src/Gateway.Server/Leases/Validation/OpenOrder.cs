using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>A request to open a lease, found to be well-formed.</summary>
/// <param name="ArrivedAt">By our clock.</param>
/// <param name="Fingerprint">Of all that decides what the lease is; waiting is no part of it.</param>
internal sealed record OpenOrder(
    LeaseId Id,
    string VmId,
    AccountKey Account,
    FlowRate Rate,
    FlowRate PausedRate,
    ImmutableArray<Payee> Payees,
    int Priority,
    DateTimeOffset ArrivedAt,
    DateTimeOffset? StartsAt,
    ImmutableSortedDictionary<string, string> Labels,
    LeaseWait? Wait,
    string Fingerprint)
{
    /// <exception cref="Errors.InvalidRequestException">With every problem of the request.</exception>
    public static OpenOrder Read(Wire.OpenLeaseRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var id = fields.LeaseId("lease_id", request.LeaseId);
        var vm = fields.Text("vm_id", request.VmId, RequestLimits.VmId, required: true);
        var payer = fields.Address("payer", request.Payer);
        var token = fields.Token(request.Token, rules.Tokens);
        var rate = fields.Price(request.Price);
        var payees = PayeeList.Read(fields, request.Payees, payer, rules.DefaultPayees);
        var paused = fields.PausedRate(request.PausedFlowRate, rate);
        var startsAt = fields.Time("starts_at", request.StartsAt);
        var labels = fields.Labels(request.Labels);
        var wait = fields.Wait(request.WaitFor, request.WaitAtMost);
        if (fields.HaveProblems || id is null || vm is null || payer is null || token is null || rate is null || paused is null || payees is null)
            throw fields.ToException();

        var account = new AccountKey(token.Address, payer);
        // Default payees are named by naming nobody: another configuration must not turn a repetition into another request.
        var fingerprint = new LeaseFingerprint()
            .Add(id.Value).Add(vm).Add(account.ToString()).Add(rate.Value.ToDecimal()).Add(paused.Value.ToDecimal())
            .Add(request.Payees.Count == 0 ? [] : payees.Value)
            .Add(request.Priority).Add(startsAt?.UtcTicks ?? 0).Add(labels)
            .ToString();
        return new OpenOrder(id, vm, account, rate.Value, paused.Value, payees.Value, request.Priority, rules.Now, startsAt, labels, wait, fingerprint);
    }

    /// <summary>The lease as it begins.</summary>
    public Lease ToDraft(string? traceParent) => new()
    {
        Id = Id,
        VmId = VmId,
        Account = Account,
        Rate = Rate,
        PausedRate = PausedRate,
        Payees = Payees,
        Priority = Priority,
        Labels = Labels,
        State = LeaseState.Opening,
        Breaker = LeaseBreaker.ClosedAt(ArrivedAt),
        Execution = Execution.Wait,
        // It is paid from now on: a lease does not begin later than that.
        OpenedAt = StartsAt < ArrivedAt ? StartsAt.Value : ArrivedAt,
        Fingerprint = Fingerprint,
        TraceParent = traceParent,
    };
}

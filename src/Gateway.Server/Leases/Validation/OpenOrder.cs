using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>A request to open a lease, found to be well-formed.</summary>
/// <param name="Terms">Asked only where a lease is made: a repetition is answered whatever has become of the prices, and of who may be paid.</param>
/// <param name="ArrivedAt">By our clock.</param>
/// <param name="Fingerprint">Of all that decides what the lease is; waiting is no part of it.</param>
internal sealed record OpenOrder(
    LeaseId Id,
    string VmId,
    AccountKey Account,
    TermsOrProblem Terms,
    int Priority,
    DateTimeOffset ArrivedAt,
    DateTimeOffset? StartsAt,
    ImmutableSortedDictionary<string, string> Labels,
    LeaseWait? Wait,
    string Fingerprint)
{
    /// <summary>Terms of it for a lease that the journal on chain brought back.</summary>
    private Func<Lease, TermsOrProblem>? Restored { get; init; }

    /// <summary>Why it begins nothing at this moment; null: it may, or the terms themselves say why not.</summary>
    public Errors.PriceStaleException? IfNew { get; private init; }

    /// <exception cref="Errors.InvalidRequestException">With every problem of the request.</exception>
    public static OpenOrder Read(Wire.OpenLeaseRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var id = fields.LeaseId("lease_id", request.LeaseId);
        var vm = fields.Text("vm_id", request.VmId, RequestLimits.VmId, required: true);
        var payer = fields.Address("payer", request.Payer);
        var token = fields.Token(request.Token, rules.Tokens);
        var price = PriceAsk.Read(fields, request.Price);
        var payees = PayeesAsk.Read(fields, request.Payees, request.Node, payer);
        var paused = fields.PausedRate(request.PausedFlowRate);
        var startsAt = fields.Time("starts_at", request.StartsAt);
        var labels = fields.Labels(request.Labels);
        var wait = fields.Wait(request.WaitFor, request.WaitAtMost);
        var ask = payer is null || token is null || price is null ? null : new TermsAsk(payer, token.Address, price, paused, payees);
        var terms = ask is null ? null : TermsOrProblem.Of(ask, rules);
        if (fields.HaveProblems || id is null || vm is null || ask is null || terms is null)
            throw fields.ToException(terms?.Problem as Errors.InvalidRequestException);

        var account = new AccountKey(ask.Token, ask.Payer);
        var fingerprint = new LeaseFingerprint()
            .Add(id.Value).Add(vm).Add(account.ToString()).Add(ask)
            .Add(request.Priority).Add(startsAt?.UtcTicks ?? 0).Add(labels).AddNode(payees.Node)
            .ToString();
        return new OpenOrder(id, vm, account, terms, request.Priority, rules.Now, startsAt, labels, wait, fingerprint) { Restored = l => TermsOrProblem.OfRestored(ask, l, rules) };
    }

    /// <summary>The same for a lease that is there, and that nobody has claimed since it was brought back: it does not wait for the worth of a token.</summary>
    public OpenOrder For(Lease? existing) => existing is { IsUnclaimed: true } && Terms.Problem is Errors.PriceStaleException stale && Restored is not null
        ? this with { Terms = Restored(existing), IfNew = stale }
        : this;

    /// <summary>The lease as it begins.</summary>
    /// <exception cref="Errors.InvalidRequestException">There are no terms.</exception>
    public Lease ToDraft(string? traceParent) => new()
    {
        Id = Id,
        VmId = VmId,
        Account = Account,
        Rate = Terms.Value.Rate,
        PausedRate = Terms.Value.PausedRate,
        Pricing = Terms.Value.Pricing,
        Payees = Terms.Value.Payees,
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

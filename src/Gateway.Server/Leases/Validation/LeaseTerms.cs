using System.Collections.Immutable;
using System.Globalization;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Gateway.Server.Leases.Errors;

namespace Gateway.Server.Leases.Validation;

/// <summary>What a lease costs and whom it pays, by the list and the defaults of this moment.</summary>
/// <param name="Pricing">Null: its price was named.</param>
/// <param name="Asked">How the payees were asked for.</param>
internal sealed record LeaseTerms(FlowRate Rate, FlowRate PausedRate, ImmutableArray<Payee> Payees, LeasePricing? Pricing, PayeesAsk Asked)
{
    /// <summary>The request's field that says what it costs.</summary>
    public string PriceField => Pricing is null ? PriceFields.FlowRate : PriceFields.Resources;

    /// <summary>The request's field that names a payee; null where it is our own configuration that does.</summary>
    public string? FieldOf(int payee) => Asked.Named is not null
        ? string.Create(CultureInfo.InvariantCulture, $"payees[{payee}].address")
        : Payees[payee].Address == Asked.Node ? DefaultPayees.Node : null;
}

/// <summary>Terms, or why there are none at this moment.</summary>
internal sealed record TermsOrProblem
{
    private readonly LeaseTerms? _value;

    private TermsOrProblem(LeaseTerms? value, Exception? problem) => (_value, Problem) = (value, problem);

    /// <summary>An <see cref="InvalidRequestException"/> or a <see cref="PriceStaleException"/>; null: there are terms.</summary>
    public Exception? Problem { get; }

    /// <exception cref="InvalidRequestException">There are none.</exception>
    /// <exception cref="PriceStaleException">There are none now.</exception>
    public LeaseTerms Value => _value ?? throw Problem!; // One of the two is there.

    public static TermsOrProblem Of(TermsAsk ask, LeaseRules rules) => Of(fields => ask.Settle(fields, rules), rules);

    /// <summary>The same for a lease that the journal on chain brought back: it is paid already, and does not begin.</summary>
    public static TermsOrProblem OfRestored(TermsAsk ask, Lease restored, LeaseRules rules) => Of(fields => ask.SettleRestored(fields, rules, restored), rules);

    private static TermsOrProblem Of(Func<RequestFields, LeaseTerms?> settle, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        try
        {
            var terms = settle(fields);
            return new TermsOrProblem(terms, terms is null ? fields.ToException() : null);
        }
        catch (PriceStaleException e)
        {
            return new TermsOrProblem(value: null, e); // Thrown where terms are asked for: a repetition does not.
        }
    }
}

/// <summary>Terms as a request asks for them. They are the same in a repetition of it, whatever the list says by then.</summary>
/// <param name="PausedRate">Null: what the plan says; 0 where the price is named.</param>
internal sealed record TermsAsk(Address Payer, Address Token, PriceAsk Price, FlowRate? PausedRate, PayeesAsk Payees)
{
    /// <returns>Null where there is a problem.</returns>
    /// <exception cref="PriceStaleException">What the token is worth in dollars is not known well enough to begin anything.</exception>
    public LeaseTerms? Settle(RequestFields fields, LeaseRules rules) =>
        Settle(fields, rules, Price.IsByList ? ListPrice.Of(fields, Price.Resources, Token, rules.Prices)?.RequireFresh(Token, rules.Prices) : null);

    /// <summary>By a worth however old; where none was ever known, at what the chain pays.</summary>
    /// <returns>Null where there is a problem.</returns>
    /// <exception cref="PriceStaleException">No worth was ever known, and the chain does not pay all of it.</exception>
    public LeaseTerms? SettleRestored(RequestFields fields, LeaseRules rules, Lease restored)
    {
        if (!Price.IsByList)
            return Settle(fields, rules, priced: null);
        try
        {
            return Settle(fields, rules, ListPrice.Of(fields, Price.Resources, Token, rules.Prices));
        }
        catch (PriceStaleException e)
        {
            // The next repricing finds it. What the plan costs while the VM is paused nobody knows until then.
            var paid = Settle(fields, rules, new ListPrice(Price.Resources, restored.Rate, FlowRate.Zero, LeasePricing.Forgotten, e.Message));
            if (paid?.Payees.All(p => restored.Pays(p.Address)) == false)
                throw;
            return paid;
        }
    }

    private LeaseTerms? Settle(RequestFields fields, LeaseRules rules, ListPrice? priced)
    {
        var list = rules.Prices.Current;
        var rate = priced?.Rate ?? Price.Rate;
        var paused = PausedRate ?? priced?.PausedRate ?? FlowRate.Zero;
        if (paused > rate)
            fields.Add(LeaseFields.PausedFlowRate, "is above the price of the running VM.");
        var payees = Payees.Settle(fields, SplitOf(list), rules.DefaultPayees, Payer);
        return fields.HaveProblems || rate is null || payees is null
            ? null
            : new LeaseTerms(rate.Value, paused, payees.Value, priced?.ToPricing(isPausedRateByPlan: PausedRate is null), Payees);
    }

    /// <summary>The plan's own, else the list's.</summary>
    private DefaultSplit? SplitOf(PriceList? list) => Price.IsByList && list?.Plans.GetValueOrDefault(Price.Resources.Plan)?.Split is { } ofPlan ? ofPlan : list?.Split;
}

using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Pricing;

namespace Gateway.Server.Leases.Validation;

/// <summary>What the list in force says of some resources.</summary>
/// <param name="Stale">Why nothing new may cost this, for people: what the token is worth is too old. Null: it may.</param>
internal sealed record ListPrice(Resources Resources, FlowRate Rate, FlowRate PausedRate, string ListVersion, string? Stale)
{
    /// <returns>Null where there is a problem.</returns>
    /// <exception cref="PriceStaleException">It is priced in dollars, and what the token is worth has never been known.</exception>
    public static ListPrice? Of(RequestFields fields, Resources resources, Address token, PriceBook book)
    {
        if (book.Lists.Current is not { } list)
        {
            Miss(fields);
            return null;
        }

        var source = book.Usd.Find(token);
        // Read before the worth: one that comes in between is not called old.
        var stale = source?.Stale;
        var (price, problems) = Pricer.Price(list, resources, token, source?.Worth);
        if (price is not null)
            return new ListPrice(resources, price.Rate, price.PausedRate, list.Version, price.IsByWorth ? stale : null);
        if (source is not null && problems.All(p => p.Code == PriceProblemCode.WorthUnknown))
            throw new PriceStaleException(stale ?? source.Stale ?? "What the token is worth in dollars has only just become known.", source.Name);
        foreach (var problem in problems.Where(p => source is null || p.Code != PriceProblemCode.WorthUnknown))
            fields.Add(FieldOf(problem), problem.Detail);
        return null;
    }

    public static void Miss(RequestFields fields) => fields.Add(PriceFields.Resources, "cannot be priced: no price list is configured. Give a flow_rate.");

    /// <exception cref="InvalidRequestException">The list cannot price it; with every problem.</exception>
    /// <exception cref="PriceStaleException">Likewise.</exception>
    public static ListPrice Require(Resources resources, Address token, PriceBook book)
    {
        var fields = new RequestFields(DateTimeOffset.UnixEpoch); // It reads no instant.
        return Of(fields, resources, token, book) ?? throw fields.ToException();
    }

    /// <exception cref="PriceStaleException">It rests on a worth that is too old.</exception>
    public ListPrice RequireFresh(Address token, PriceBook book) => Stale is null ? this : throw new PriceStaleException(Stale, book.Usd.Find(token)?.Name ?? "prices");

    public LeasePricing ToPricing(bool isPausedRateByPlan) => new(Resources, ListVersion, isPausedRateByPlan);

    private static string FieldOf(PriceProblem problem) => problem switch
    {
        { Component: { } component } => PriceFields.Of(component),
        { Code: PriceProblemCode.UnknownPlan } => PriceFields.Plan,
        _ => PriceFields.Quantities,
    };
}

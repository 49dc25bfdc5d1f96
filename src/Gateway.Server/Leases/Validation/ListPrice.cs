using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Gateway.Server.Leases.Errors;

namespace Gateway.Server.Leases.Validation;

/// <summary>What the list in force says of some resources.</summary>
internal sealed record ListPrice(Resources Resources, FlowRate Rate, FlowRate PausedRate, string ListVersion)
{
    /// <returns>Null where there is a problem.</returns>
    public static ListPrice? Of(RequestFields fields, Resources resources, Address token, PriceList? list)
    {
        if (list is null)
        {
            Miss(fields);
            return null;
        }

        var (price, problems) = Pricer.Price(list, resources, token);
        foreach (var problem in problems)
            fields.Add(FieldOf(problem), problem.Detail);
        return price is null ? null : new ListPrice(resources, price.Rate, price.PausedRate, list.Version);
    }

    public static void Miss(RequestFields fields) => fields.Add(ResourceFields.All, "cannot be priced: no price list is configured. Give a flow_rate.");

    /// <exception cref="InvalidRequestException">The list cannot price it; with every problem.</exception>
    public static ListPrice Require(Resources resources, Address token, PriceList? list)
    {
        var fields = new RequestFields(DateTimeOffset.UnixEpoch); // It reads no instant.
        return Of(fields, resources, token, list) ?? throw fields.ToException();
    }

    public LeasePricing ToPricing(bool isPausedRateByPlan) => new(Resources, ListVersion, isPausedRateByPlan);

    private static string FieldOf(PriceProblem problem) => problem switch
    {
        { Component: { } component } => ResourceFields.Of(component),
        { Code: PriceProblemCode.UnknownPlan } => ResourceFields.Plan,
        _ => ResourceFields.Quantities,
    };
}

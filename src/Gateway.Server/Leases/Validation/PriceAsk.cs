using System.Diagnostics.CodeAnalysis;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>The price that a request asks for: a rate that it names, or what a list says of its resources. One of the two.</summary>
internal sealed record PriceAsk
{
    private PriceAsk(FlowRate? rate, Resources? resources) => (Rate, Resources) = (rate, resources);

    public FlowRate? Rate { get; }

    public Resources? Resources { get; }

    [MemberNotNullWhen(true, nameof(Resources))]
    [MemberNotNullWhen(false, nameof(Rate))]
    public bool IsByList => Resources is not null;

    public static PriceAsk Of(FlowRate rate) => new(rate, resources: null);

    public static PriceAsk Of(Resources resources) => new(rate: null, resources);

    /// <param name="price">Required.</param>
    /// <returns>Null where it is not well-formed. Whether a list can price it is another question.</returns>
    public static PriceAsk? Read(RequestFields fields, Wire.Price? price)
    {
        switch (price?.KindCase)
        {
            case Wire.Price.KindOneofCase.FlowRate:
                return fields.Rate(PriceFields.FlowRate, price.FlowRate, mayBeZero: false) is { } rate ? Of(rate) : null;
            case Wire.Price.KindOneofCase.Resources:
                return ReadResources(fields, price.Resources) is { } resources ? Of(resources) : null;
            default:
                fields.Add("price", "is required.");
                return null;
        }
    }

    private static Resources? ReadResources(RequestFields fields, Wire.Resources resources)
    {
        var plan = fields.Text(PriceFields.Plan, resources.Plan, RequestLimits.PlanName, required: true);
        if (resources.Quantities.Count > RequestLimits.Quantities)
        {
            fields.Add(PriceFields.Quantities, $"has {resources.Quantities.Count} quantities, of at most {RequestLimits.Quantities}.");
            return null;
        }

        var read = resources.Quantities.Select(q => (q.Key, Quantity: ReadQuantity(fields, q.Key, q.Value))).ToList();
        return plan is null || read.Exists(q => q.Quantity is null)
            ? null
            : Resources.Of(plan, read.Select(q => KeyValuePair.Create(q.Key, q.Quantity ?? Quantity.Zero)));
    }

    private static Quantity? ReadQuantity(RequestFields fields, string component, string text)
    {
        if (fields.Text(PriceFields.Quantities, component, RequestLimits.PlanName, required: true) is null)
            return null;
        if (Quantity.TryParse(text, out var quantity))
            return quantity;
        fields.Add(PriceFields.Of(component), "must be a whole number of 0 to 10^18, without sign, point, leading zeros or white space.");
        return null;
    }
}

/// <summary>Paths of a price in the proto.</summary>
internal static class PriceFields
{
    public const string FlowRate = "price.flow_rate";

    public const string Resources = "price.resources";

    public const string Plan = "price.resources.plan";

    public const string Quantities = "price.resources.quantities";

    public static string Of(string component) => $"{Quantities}[{component}]";
}

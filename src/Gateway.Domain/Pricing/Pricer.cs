using System.Collections.Immutable;
using System.Numerics;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Pricing;

/// <summary>What is wrong with resources that a list cannot price.</summary>
public enum PriceProblemCode
{
    UnknownPlan,
    UnknownComponent,
    AboveMaximum,
    TokenNotPriced,
    NothingToPay,
    RateTooLarge,

    /// <summary>It is priced in dollars, and what the token is worth is not known.</summary>
    WorthUnknown,
}

/// <param name="Component">Which one; null where it is the whole.</param>
/// <param name="Detail">A sentence for people, that goes on after the name of a field.</param>
public sealed record PriceProblem(PriceProblemCode Code, string? Component, string Detail);

/// <summary>A price by a list.</summary>
/// <param name="IsByWorth">What the token is worth in dollars had a part in it.</param>
/// <param name="PausedRate">Of the components that go on while the VM is paused; never above <paramref name="Rate"/>.</param>
public sealed record ResourcePrice(FlowRate Rate, FlowRate PausedRate, bool IsByWorth);

/// <summary>From resources to a rate: floor(price × (quantity − included) / 3600) wei per second for each component, and their sum.</summary>
/// <remarks>Each part is rounded down by itself, so that a statement can show what each costs; the sum is below the exact price by less than one wei per second and component.</remarks>
public static class Pricer
{
    /// <param name="worth">Of a whole token; null: nobody says. Only what has no price in the token itself asks for it.</param>
    /// <returns>The price, or all that is wrong; then the price is null.</returns>
    public static (ResourcePrice? Price, ImmutableArray<PriceProblem> Problems) Price(PriceList list, Resources resources, Address token, UsdWorth? worth = null)
    {
        if (!list.Plans.TryGetValue(resources.Plan, out var plan))
            return (null, [new PriceProblem(PriceProblemCode.UnknownPlan, Component: null, $"is not a plan of price list {list.Version}. It has {NamesOf(list.Plans.Keys)}.")]);

        var problems = ImmutableArray.CreateBuilder<PriceProblem>();
        var (total, paused, isByWorth) = (BigInteger.Zero, BigInteger.Zero, false);
        foreach (var (name, quantity) in resources.Quantities)
        {
            if (!plan.Components.TryGetValue(name, out var component))
            {
                problems.Add(new PriceProblem(PriceProblemCode.UnknownComponent, name, $"is not a component of plan {plan.Name}. It has {NamesOf(plan.Components.Keys)}."));
                continue;
            }

            if (quantity > component.Maximum)
                problems.Add(new PriceProblem(PriceProblemCode.AboveMaximum, name, $"{quantity.ToDecimal()} is above {component.Maximum.Value.ToDecimal()}, the most that plan {plan.Name} has."));
            var (part, isPartByWorth) = PartOf(component, quantity.MinusFloored(component.Included), token, worth);
            if (part is null)
            {
                problems.Add(component.Usd is null
                    ? new PriceProblem(PriceProblemCode.TokenNotPriced, name, $"has no price in this token in plan {plan.Name}.")
                    : new PriceProblem(PriceProblemCode.WorthUnknown, name, "is priced in dollars, and what this token is worth is not known."));
                continue;
            }

            total += part.Value;
            paused += component.CostsWhilePaused ? part.Value : BigInteger.Zero;
            isByWorth |= isPartByWorth;
        }

        if (problems.Count == 0 && total.IsZero)
            problems.Add(new PriceProblem(PriceProblemCode.NothingToPay, Component: null, "come to less than one wei per second: a lease must cost something."));
        if (problems.Count == 0 && total > (BigInteger)FlowRate.Max.WeiPerSecond)
            problems.Add(new PriceProblem(PriceProblemCode.RateTooLarge, Component: null, $"come to {total} wei per second, above int96."));
        return problems.Count == 0
            ? (new ResourcePrice(FlowRate.FromWeiPerSecond((Int128)total), FlowRate.FromWeiPerSecond((Int128)paused), isByWorth), [])
            : (null, problems.ToImmutable());
    }

    /// <summary>A price in the token itself goes before one in dollars.</summary>
    private static (BigInteger? PerSecond, bool IsByWorth) PartOf(Component component, Quantity billed, Address token, UsdWorth? worth) =>
        component.Prices.TryGetValue(token, out var price) ? (price.PerSecond(billed), false)
        : component.Usd is { } usd && worth is not null ? (usd.PerSecond(billed, worth), true)
        : (null, false);

    private static string NamesOf(IEnumerable<string> names) => string.Join(", ", names);
}

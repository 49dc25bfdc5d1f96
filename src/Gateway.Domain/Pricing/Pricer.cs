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
}

/// <param name="Component">Which one; null where it is the whole.</param>
/// <param name="Detail">A sentence for people, that goes on after the name of a field.</param>
public sealed record PriceProblem(PriceProblemCode Code, string? Component, string Detail);

/// <summary>A price by a list.</summary>
/// <param name="PausedRate">Of the components that go on while the VM is paused; never above <paramref name="Rate"/>.</param>
public sealed record ResourcePrice(FlowRate Rate, FlowRate PausedRate);

/// <summary>From resources to a rate: floor(price × (quantity − included) / 3600) wei per second for each component, and their sum.</summary>
/// <remarks>Each part is rounded down by itself, so that a statement can show what each costs; the sum is below the exact price by less than one wei per second and component.</remarks>
public static class Pricer
{
    /// <returns>The price, or all that is wrong; then the price is null.</returns>
    public static (ResourcePrice? Price, ImmutableArray<PriceProblem> Problems) Price(PriceList list, Resources resources, Address token)
    {
        if (!list.Plans.TryGetValue(resources.Plan, out var plan))
            return (null, [new PriceProblem(PriceProblemCode.UnknownPlan, Component: null, $"is not a plan of price list {list.Version}. It has {NamesOf(list.Plans.Keys)}.")]);

        var problems = ImmutableArray.CreateBuilder<PriceProblem>();
        var (total, paused) = (BigInteger.Zero, BigInteger.Zero);
        foreach (var (name, quantity) in resources.Quantities)
        {
            if (!plan.Components.TryGetValue(name, out var component))
            {
                problems.Add(new PriceProblem(PriceProblemCode.UnknownComponent, name, $"is not a component of plan {plan.Name}. It has {NamesOf(plan.Components.Keys)}."));
                continue;
            }

            if (quantity > component.Maximum)
                problems.Add(new PriceProblem(PriceProblemCode.AboveMaximum, name, $"{quantity.ToDecimal()} is above {component.Maximum.Value.ToDecimal()}, the most that plan {plan.Name} has."));
            if (!component.Prices.TryGetValue(token, out var price))
            {
                problems.Add(new PriceProblem(PriceProblemCode.TokenNotPriced, name, $"has no price in this token in plan {plan.Name}."));
                continue;
            }

            var part = price.PerSecond(quantity.MinusFloored(component.Included));
            total += part;
            paused += component.CostsWhilePaused ? part : BigInteger.Zero;
        }

        if (problems.Count == 0 && total.IsZero)
            problems.Add(new PriceProblem(PriceProblemCode.NothingToPay, Component: null, "come to less than one wei per second: a lease must cost something."));
        if (problems.Count == 0 && total > (BigInteger)FlowRate.Max.WeiPerSecond)
            problems.Add(new PriceProblem(PriceProblemCode.RateTooLarge, Component: null, $"come to {total} wei per second, above int96."));
        return problems.Count == 0
            ? (new ResourcePrice(FlowRate.FromWeiPerSecond((Int128)total), FlowRate.FromWeiPerSecond((Int128)paused)), [])
            : (null, problems.ToImmutable());
    }

    private static string NamesOf(IEnumerable<string> names) => string.Join(", ", names);
}

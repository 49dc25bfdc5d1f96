using System.Collections.Immutable;

namespace Gateway.Domain.Pricing;

/// <summary>What a VM has, as a price list counts it: so much of each component of one plan. Equal where all of it is.</summary>
/// <param name="Quantities">By component; one that is not named is 0.</param>
public sealed record Resources(string Plan, ImmutableSortedDictionary<string, Quantity> Quantities)
{
    public static Resources Of(string plan, IEnumerable<KeyValuePair<string, Quantity>> quantities) =>
        new(plan, quantities.ToImmutableSortedDictionary(StringComparer.Ordinal));

    public bool Equals(Resources? other) => other is not null && string.Equals(Plan, other.Plan, StringComparison.Ordinal) && Quantities.SequenceEqual(other.Quantities);

    public override int GetHashCode() => HashCode.Combine(Plan, Quantities.Count);

    /// <summary>As in "instance: compute_units 4, storage_mib 20480".</summary>
    public override string ToString() => $"{Plan}: {string.Join(", ", Quantities.Select(q => $"{q.Key} {q.Value.ToDecimal()}"))}";
}

/// <summary>Where a lease's price comes from, so that another list can price it again.</summary>
/// <param name="ListVersion">Of the price list that priced it last.</param>
/// <param name="IsPausedRateByPlan">What it costs while paused comes from the plan, too; else somebody named it.</param>
public sealed record LeasePricing(Resources Resources, string ListVersion, bool IsPausedRateByPlan)
{
    /// <summary>The version of a list that nobody remembers, since the store was lost: no list can have it.</summary>
    public const string Forgotten = "?";
}

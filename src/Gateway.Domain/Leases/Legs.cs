using System.Collections.Immutable;
using Gateway.Domain.Money;

namespace Gateway.Domain.Leases;

/// <summary>How a price is cut into legs: floor(total × share / 1,000,000) each, and the first payee owns what is left over.</summary>
/// <remarks>The legs add up to the total to the wei. Two floors, as peers do it, lose one wei per second in every tier (incidents.md §1.5).</remarks>
public static class Legs
{
    /// <exception cref="ArgumentException">No payee, or shares that do not add up to 1,000,000.</exception>
    public static ImmutableArray<FlowRate> Split(FlowRate total, ImmutableArray<Payee> payees)
    {
        if (payees.IsDefaultOrEmpty || payees.Sum(p => (long)p.Share.Value) != SharePpm.Whole)
            throw new ArgumentException($"The shares of the payees must add up to {SharePpm.Whole}.", nameof(payees));

        var legs = ImmutableArray.CreateBuilder<FlowRate>(payees.Length);
        var rest = total;
        foreach (var payee in payees)
        {
            // int96 × 10^6 stays below 2^115: Int128 holds it.
            var leg = FlowRate.FromWeiPerSecond(total.WeiPerSecond * payee.Share.Value / SharePpm.Whole);
            legs.Add(leg);
            rest -= leg;
        }

        legs[0] += rest;
        return legs.ToImmutable();
    }
}

using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Domain.Accounts;

/// <summary>Our newest operation on one flow, as the chain remembers it.</summary>
/// <param name="After">The flow as the operation left it. Its deposit is not in the logs, and not looked at.</param>
/// <param name="Journal">Null: our operator's, but without a journal that can be read.</param>
public sealed record JournaledFlow(Address Payee, FlowReading After, BlockNumber Block, FlowJournal? Journal)
{
    /// <summary>The flow as it is now, where that is not how our operation left it: somebody else has changed it since. Null: nobody has.</summary>
    public FlowSighting? Since { get; init; }

    /// <summary>All that is named in it.</summary>
    public FlowRate Named => Journal?.Legs.Aggregate(FlowRate.Zero, (sum, leg) => sum + leg.Rate) ?? FlowRate.Zero;

    /// <summary>What a trim of ours added to that.</summary>
    public FlowRate Added => Journal?.Added ?? FlowRate.Zero;

    /// <summary>What a trim of ours took from it: the operation made less than it names, and never more than a trim takes.</summary>
    public FlowRate Lacking => FlowRate.Min(Named.MinusFloored(After.Rate), new RateTrim(Int128.MinValue).Within(Named).Missing);
}

/// <summary>A flow as one executed block shows it.</summary>
public sealed record FlowSighting(FlowReading Reading, BlockNumber Block);

/// <summary>A price with its payees, found back from the legs that it was cut into.</summary>
public sealed record JournaledTerms(FlowRate Rate, ImmutableArray<Payee> Payees)
{
    /// <summary>Shares that cut the sum into exactly these legs; null where there are none, since a leg is missing from them or was lowered by itself.</summary>
    /// <remarks>
    /// The first payee owns the remainder and is not marked: whoever can be it is. Of each other one, ⌈leg × 10⁶ / sum⌉ is the least share that gives the leg,
    /// and gives no more (the true share gives the leg too, and is not below it).
    /// </remarks>
    public static JournaledTerms? Of(IReadOnlyDictionary<Address, FlowRate> legs)
    {
        var sum = legs.Values.Aggregate(FlowRate.Zero, (total, leg) => total + leg);
        foreach (var first in legs.OrderByDescending(l => l.Value).ThenBy(l => l.Key).Select(l => l.Key))
        {
            var others = legs.Where(l => l.Key != first).OrderBy(l => l.Key).Select(l => (l.Key, Ppm: LeastShare(l.Value, sum))).ToList();
            var rest = SharePpm.Whole - others.Sum(o => (long)o.Ppm);
            if (rest < 1)
                continue;
            ImmutableArray<Payee> payees =
            [
                new Payee(first, SharePpm.FromPpm((uint)rest), ""), .. others.Select(o => new Payee(o.Key, SharePpm.FromPpm(o.Ppm), "")),
            ];
            if (Legs.Split(sum, payees).Zip(payees).All(l => l.First == legs[l.Second.Address]))
                return new JournaledTerms(sum, payees);
        }

        return null;
    }

    // A leg is below 2^95 and 10^6 below 2^20: Int128 holds the product.
    private static uint LeastShare(FlowRate leg, FlowRate sum) =>
        (uint)(((leg.WeiPerSecond * SharePpm.Whole) + sum.WeiPerSecond - 1) / sum.WeiPerSecond);
}

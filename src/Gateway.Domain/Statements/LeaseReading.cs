using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Domain.Statements;

/// <summary>A lease's meter at an instant, in whole wei: cut down once, in the customer's favour, and of each payee so that the parts add up to it.</summary>
/// <param name="Parts">By payee: each cut down, and the first payee owns what is left of the whole.</param>
public sealed record LeaseReading(long RunningMilliseconds, ImmutableSortedDictionary<Address, TokenAmount> Parts)
{
    public static readonly LeaseReading Nothing = new(0, ImmutableSortedDictionary<Address, TokenAmount>.Empty);

    public TokenAmount Used => Parts.Values.Aggregate(TokenAmount.Zero, (sum, part) => sum + part);

    public TokenAmount PartOf(Address payee) => Parts.GetValueOrDefault(payee);

    public bool IsSame(LeaseReading? other) => other is not null && RunningMilliseconds == other.RunningMilliseconds && Parts.SequenceEqual(other.Parts);

    /// <param name="past">Intervals that left the meter, in the order of time.</param>
    /// <returns>Null: the instant lies inside what was kept as one sum.</returns>
    public static LeaseReading? Of(Lease lease, ImmutableArray<UsageInterval> past, DateTimeOffset at)
    {
        var (meter, border) = (lease.Meter, MeterTime.Whole(at));
        if (at <= lease.OpenedAt)
            return Nothing;
        if (at < meter.From)
            return null;
        // What the sealed sum holds beyond its intervals was before any of them.
        List<UsageInterval> later = [.. past.Where(i => i.To > border).Select(i => i.From < border ? i with { From = border } : i)];
        var used = later.Aggregate(meter.UsedAt(at), (sum, i) => sum - i.Used).FloorToWei();
        var parts = ImmutableSortedDictionary.CreateBuilder<Address, TokenAmount>();
        var rest = used;
        foreach (var payee in lease.Payees.Select(p => p.Address).Distinct())
        {
            var part = (meter.UsedFor(payee, lease.Payees, at) - UsageSum.PartOf(later, lease.Payees, payee)).FloorToWei();
            parts[payee] = part;
            rest -= part;
        }

        var first = lease.Payees[0].Address;
        parts[first] += rest;
        return new LeaseReading(meter.RunningAt(at) - later.Sum(i => i.RunningMilliseconds), parts.ToImmutable());
    }
}

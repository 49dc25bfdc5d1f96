using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Metering;

/// <summary>What a VM used up to an instant, all in all and of each payee.</summary>
/// <param name="Until">Excluded.</param>
/// <param name="Parts">Of each payee, exactly Σ leg × milliseconds: they add up to <paramref name="Used"/>.</param>
public sealed record UsageSum(DateTimeOffset Until, long RunningMilliseconds, MilliWei Used, ImmutableSortedDictionary<Address, MilliWei> Parts)
{
    public static UsageSum NothingUntil(DateTimeOffset at) => new(at, 0, MilliWei.Zero, ImmutableSortedDictionary<Address, MilliWei>.Empty);

    public bool Equals(UsageSum? other) => other is not null
        && (Until, RunningMilliseconds, Used) == (other.Until, other.RunningMilliseconds, other.Used) && Parts.SequenceEqual(other.Parts);

    public override int GetHashCode() => HashCode.Combine(Until, RunningMilliseconds, Used);

    /// <summary>With intervals that follow it.</summary>
    public UsageSum Plus(IReadOnlyCollection<UsageInterval> intervals, ImmutableArray<Payee> payees, DateTimeOffset until)
    {
        var parts = Parts;
        foreach (var (rate, milliseconds) in ByRate(intervals))
        {
            foreach (var (payee, leg) in payees.Zip(Legs.Split(rate, payees)))
                parts = parts.SetItem(payee.Address, parts.GetValueOrDefault(payee.Address) + MilliWei.Of(leg, milliseconds));
        }

        return new UsageSum(
            until,
            RunningMilliseconds + intervals.Sum(i => i.RunningMilliseconds),
            intervals.Aggregate(Used, (sum, interval) => sum + interval.Used),
            parts);
    }

    /// <summary>What each payee's part of a sum is where only the sum was kept: exact if the VM did nothing but run at this price, else by the shares, the rest to the first.</summary>
    public static ImmutableSortedDictionary<Address, MilliWei> PartsOf(MilliWei used, long runningMilliseconds, FlowRate rate, ImmutableArray<Payee> payees)
    {
        if (MilliWei.Of(rate, runningMilliseconds) == used)
            return NothingUntil(default).Plus([new UsageInterval(default, default(DateTimeOffset).AddMilliseconds(runningMilliseconds), MeterPhase.Running, rate)], payees, default).Parts;
        var (parts, rest) = (ImmutableSortedDictionary<Address, MilliWei>.Empty, used);
        foreach (var payee in payees)
        {
            var part = used.PartOf(payee.Share);
            parts = parts.SetItem(payee.Address, parts.GetValueOrDefault(payee.Address) + part);
            rest -= part;
        }

        return parts.SetItem(payees[0].Address, parts[payees[0].Address] + rest);
    }

    /// <summary>Milliseconds at each rate above zero: legs are cut of a rate once, however often it came.</summary>
    public static IEnumerable<(FlowRate Rate, long Milliseconds)> ByRate(IEnumerable<UsageInterval> intervals) => intervals
        .Where(i => !i.Rate.IsZero)
        .GroupBy(i => i.Rate, (rate, of) => (rate, of.Sum(i => i.Milliseconds)));

    /// <summary>One payee's part of what intervals cost.</summary>
    public static MilliWei PartOf(IEnumerable<UsageInterval> intervals, ImmutableArray<Payee> payees, Address payee) => ByRate(intervals)
        .SelectMany(r => payees.Zip(Legs.Split(r.Rate, payees)).Where(p => p.First.Address == payee).Select(p => MilliWei.Of(p.Second, r.Milliseconds)))
        .Aggregate(MilliWei.Zero, (sum, part) => sum + part);
}

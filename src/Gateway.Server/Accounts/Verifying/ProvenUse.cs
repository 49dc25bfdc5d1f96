using System.Collections.Immutable;
using System.Numerics;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What a VM used up to an instant, added up by the verification itself, in thousandths of a wei.</summary>
internal sealed record ProvenUse(BigInteger Used, long RunningMilliseconds, ImmutableDictionary<Address, BigInteger> Parts)
{
    private static readonly ProvenUse Nothing = new(BigInteger.Zero, 0, ImmutableDictionary<Address, BigInteger>.Empty);

    private TokenAmount InWei => TokenAmount.FromWei(Used / 1000);

    public TokenAmount PartOf(Address payee) => TokenAmount.FromWei(Parts.GetValueOrDefault(payee) / 1000);

    /// <summary>Each part cut down to whole wei; what is left of the whole is the first payee's.</summary>
    public PartedUse InParts(ImmutableArray<Payee> payees)
    {
        var parts = payees.Select(p => p.Address).Distinct().ToImmutableDictionary(p => p, PartOf);
        var rest = parts.Values.Aggregate(InWei, (sum, part) => sum - part);
        return new PartedUse(RunningMilliseconds, parts.SetItem(payees[0].Address, parts[payees[0].Address] + rest));
    }

    /// <summary>By the intervals that the meter made of what was told.</summary>
    /// <returns>Null: it lies inside what is kept as one sum.</returns>
    public static ProvenUse? ByIntervals(Lease lease, LeasePast past, DateTimeOffset until) => until < past.Dropped?.Until
        ? null
        : Of(past.Dropped).Plus(past.Intervals.Select(i => i.Before(until)).OfType<UsageInterval>().Concat(lease.Meter.OpenIntervals(until)), lease.Payees);

    /// <summary>By what was told.</summary>
    /// <returns>Null: the reports of that time are not kept.</returns>
    public static ProvenUse? ByReports(Lease lease, LeasePast past, DateTimeOffset until)
    {
        var fold = new ReportFold(lease, past);
        return until < fold.Since && fold.Since > lease.Meter.From
            ? null
            : Of(fold.Before.Dropped).Plus(fold.Before.Intervals, lease.Payees).Plus(fold.Until(until), lease.Payees);
    }

    private static ProvenUse Of(UsageSum? sum) => sum is null
        ? Nothing
        : new ProvenUse(sum.Used.Value, sum.RunningMilliseconds, sum.Parts.ToImmutableDictionary(p => p.Key, p => p.Value.Value));

    private ProvenUse Plus(IEnumerable<UsageInterval> intervals, ImmutableArray<Payee> payees)
    {
        var (used, running, parts) = (Used, RunningMilliseconds, Parts.ToBuilder());
        foreach (var interval in intervals)
        {
            used += (BigInteger)interval.Rate.WeiPerSecond * interval.Milliseconds;
            running += interval.Phase == MeterPhase.Running ? interval.Milliseconds : 0;
            foreach (var (payee, leg) in payees.Zip(Legs.Split(interval.Rate, payees)))
                parts[payee.Address] = parts.GetValueOrDefault(payee.Address) + ((BigInteger)leg.WeiPerSecond * interval.Milliseconds);
        }

        return new ProvenUse(used, running, parts.ToImmutable());
    }
}

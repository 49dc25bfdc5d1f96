using System.Collections.Immutable;
using System.Numerics;
using CsCheck;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Domain.Tests.Metering;
using Xunit;

namespace Gateway.Domain.Tests.Statements;

/// <summary>Whole wei of a meter: rounded down for the customer, and shared out so that nothing is left and nothing is made (decision 3).</summary>
public sealed class LeaseReadingTests
{
    private static readonly Gen<(MeterStory Story, ImmutableArray<Payee> Payees, int At, int Sealed)> Readings =
        Gen.Select(MeterModel.Stories(), Any.Payees, Gen.Int[1, MeterModel.Span], Gen.Int[-20, MeterModel.Span]);

    [Fact]
    public void A_customer_is_charged_what_he_used_less_the_rest_of_a_wei_and_each_payee_but_the_first_likewise() => Readings.Sample((story, payees, at, border) =>
    {
        var reading = Read(story, payees, at, border);
        var exact = ExactParts(story, payees, at);
        var used = exact.Aggregate(BigInteger.Zero, (sum, part) => sum + part);

        Assert.Equal(used / 1000, reading.Used.Wei);
        Assert.InRange(used - (reading.Used.Wei * 1000), 0, 999);
        for (var i = 0; i < payees.Length; i++)
        {
            var left = exact[i] - (reading.PartOf(payees[i].Address).Wei * 1000);
            // The first one owns the whole wei that the others' rests add up to.
            Assert.InRange(left, i == 0 ? -1000 * (payees.Length - 1) : 0, 999);
        }
    });

    [Fact]
    public void Periods_side_by_side_add_up_whatever_was_sealed_before_they_were_read() => Gen.Select(Readings, Gen.Int[1, MeterModel.Span], Gen.Int[1, MeterModel.Span]).Sample((r, one, other) =>
    {
        var (from, to) = (Math.Min(one, other), Math.Max(one, other));
        var (before, after, again) = (Read(r.Story, r.Payees, from, r.Sealed), Read(r.Story, r.Payees, to, r.At), Read(r.Story, r.Payees, from, r.At));

        Assert.Equal((before.RunningMilliseconds, before.Used), (again.RunningMilliseconds, again.Used));
        Assert.Equal(before.Parts.AsEnumerable(), again.Parts);
        Assert.True(before.Used <= after.Used && before.RunningMilliseconds <= after.RunningMilliseconds);
    });

    private static LeaseReading Read(MeterStory story, ImmutableArray<Payee> payees, int at, int border)
    {
        var (meter, past) = Sealing.Through(MeterModel.Run(story), payees, MeterModel.Instant(border));
        var lease = Accounts.Given.Lease("a", 1) with { Payees = payees, OpenedAt = MeterModel.Start, Meter = meter };
        return LeaseReading.Of(lease, past?.Intervals ?? [], MeterModel.Instant(at))!; // All of it is kept.
    }

    /// <summary>Thousandths of a wei, millisecond by millisecond: the floor of each leg, what is left to the first.</summary>
    private static BigInteger[] ExactParts(MeterStory story, ImmutableArray<Payee> payees, int until)
    {
        var parts = new BigInteger[payees.Length];
        foreach (var (_, rate) in MeterModel.ByMillisecond(story, until))
        {
            var legs = payees.Select(p => (BigInteger)rate.WeiPerSecond * p.Share.Value / SharePpm.Whole).ToArray();
            legs[0] = rate.WeiPerSecond - legs.Skip(1).Aggregate(BigInteger.Zero, (sum, leg) => sum + leg);
            for (var i = 0; i < parts.Length; i++)
                parts[i] += legs[i];
        }

        return parts;
    }
}

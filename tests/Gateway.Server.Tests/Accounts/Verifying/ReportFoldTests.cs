using System.Collections.Immutable;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Verifying;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Verifying;

/// <summary>What the verification makes of reports and prices is what the meter made of them, whatever was sealed when, and whatever of it was dropped or never kept.</summary>
public sealed class ReportFoldTests
{
    private const int Span = 2_000;

    private static readonly DateTimeOffset Start = MeterTime.Whole(Given.Now);

    [Fact]
    public void Reports_that_left_a_meter_and_those_in_it_add_up_to_what_it_reads_at_any_instant()
    {
        foreach (var (seed, lease, records) in Stories())
        {
            var past = new LeasePast(Dropped: null, records);
            for (var at = 0; at <= Span; at += 7)
                AssertSame(seed, lease, past, at);
            Assert.Equal(lease.Meter.UsedAt(At(Span)).Value, ProvenUse.ByReports(lease, past, At(Span))!.Used); // All reports are kept.
        }
    }

    [Fact]
    public void Without_what_was_dropped_the_rest_is_the_same_behind_it_and_what_lies_in_it_is_not_told()
    {
        foreach (var (seed, lease, records) in Stories().Where(s => s.Records.Length > 1))
        {
            var gone = records[..(records.Length / 2)];
            var sum = gone.Aggregate(UsageSum.NothingUntil(lease.Meter.From), (all, r) => all.Plus(r.Intervals, lease.Payees, r.Until));
            var (whole, rest) = (new LeasePast(Dropped: null, records), new LeasePast(sum, records[gone.Length..]));
            for (var at = Offset(sum.Until); at <= Span; at += 7)
            {
                AssertSame(seed, lease, rest, at);
                Assert.Equal(ProvenUse.ByReports(lease, whole, At(at))!.Used, ProvenUse.ByReports(lease, rest, At(at))!.Used); // Both are behind it.
            }

            if (sum.Until > Start.AddMilliseconds(1))
                Assert.Null(ProvenUse.ByReports(lease, rest, sum.Until.AddMilliseconds(-1)));
        }
    }

    [Fact]
    public void Of_a_time_of_which_a_former_version_kept_the_intervals_alone_only_those_are_told()
    {
        foreach (var (seed, lease, records) in Stories().Where(s => s.Records.Length > 2))
        {
            // An old replica that still ran beside a new one.
            var former = records.SetItem(1, records[1] with { Told = null });
            var past = new LeasePast(Dropped: null, former);
            if (former[1].Until > Start)
                Assert.Null(ProvenUse.ByReports(lease, past, former[1].Until.AddMilliseconds(-1)));
            for (var at = Offset(former[1].Until); at <= Span; at += 7)
                AssertSame(seed, lease, past, at);
        }
    }

    private static void AssertSame(int seed, Lease lease, LeasePast past, int at)
    {
        var reported = ProvenUse.ByReports(lease, past, At(at));
        var metered = ProvenUse.ByIntervals(lease, past, At(at));
        Assert.True(
            reported is not null && metered is not null && (reported.Used, reported.RunningMilliseconds) == (metered.Used, metered.RunningMilliseconds),
            $"seed {seed} at {at}: {reported} / {metered}");
        Assert.Equal(lease.Payees.Select(p => metered.PartOf(p.Address)), lease.Payees.Select(p => reported.PartOf(p.Address)));
    }

    /// <summary>Reports and prices in any order, late ones too, sealed at any border; now and then the lease ends.</summary>
    private static IEnumerable<(int Seed, Lease Lease, ImmutableArray<UsageRecord> Records)> Stories()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var lease = Given.FullLease("a") with { OpenedAt = Start, State = LeaseState.Active, ClosedAt = null };
            lease = lease with { Meter = Meter.Opened(Start, new MeterPrice(Rate(random), Rate(random), IsCutOff: false)) };
            var records = ImmutableArray.CreateBuilder<UsageRecord>();
            for (var now = 0; now < Span - 100; now += random.Next(1, 30))
            {
                var (meter, record) = Step(random, lease, now);
                lease = lease with { Meter = meter };
                if (record is not null)
                    records.Add(record);
            }

            yield return (seed, random.Next(3) == 0 ? lease with { Meter = lease.Meter.Ended(At(random.Next(Span))) } : lease, records.ToImmutable());
        }
    }

    private static SealedMeter Step(Random random, Lease lease, int now)
    {
        var at = At(now - random.Next(60)).AddTicks(random.Next(10_000));
        return random.Next(10) switch
        {
            < 6 => new SealedMeter(lease.Meter.Told((MeterPhase)random.Next(1, 4), at, at), Record: null),
            6 => new SealedMeter(lease.Meter.Priced(at, p => p with { Running = Rate(random) }), Record: null),
            7 => new SealedMeter(lease.Meter.Priced(at, p => p with { Paused = Rate(random) }), Record: null),
            8 => new SealedMeter(lease.Meter.Priced(at, p => p with { IsCutOff = !p.IsCutOff }), Record: null),
            _ => Sealing.Through(lease.Meter, lease.Payees, At(now - random.Next(100))),
        };
    }

    private static FlowRate Rate(Random random) => Given.Rate(random.Next(3) == 0 ? 0 : random.Next(1, 1_000_000_007));

    private static DateTimeOffset At(int milliseconds) => Start.AddMilliseconds(milliseconds);

    private static int Offset(DateTimeOffset at) => (int)(at - Start).TotalMilliseconds;
}

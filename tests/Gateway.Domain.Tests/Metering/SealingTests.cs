using System.Collections.Immutable;
using CsCheck;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Metering;

/// <summary>What is sealed leaves the meter as intervals, and nothing else about it changes.</summary>
public sealed class SealingTests
{
    private static readonly DateTimeOffset End = MeterModel.Instant(MeterModel.Span);

    [Fact]
    public void Sealing_changes_no_figure_and_loses_no_interval() =>
        Gen.Select(MeterModel.Stories(), Gen.Int[-5, MeterModel.Span].Array[1, 4]).Sample((story, borders) =>
        {
            var meter = MeterModel.Run(story);
            var (sealedMeter, log) = (meter, ImmutableArray<UsageInterval>.Empty);
            foreach (var border in borders)
            {
                var next = Sealing.Through(sealedMeter, MeterModel.Payees, MeterModel.Instant(border));
                (sealedMeter, log) = (next.Meter, log.AddRange(next.Intervals));
            }

            IsTheSame(meter, sealedMeter, log);
        });

    [Fact]
    public void What_comes_after_the_border_counts_as_if_nothing_were_sealed() =>
        Gen.Select(MeterModel.Stories(24), Gen.Int[0, int.MaxValue]).Sample((story, seed) =>
        {
            var random = new Random(seed);
            var changes = story.Reports.Select(r => (r.At, Apply: (Func<Meter, Meter>)(m => m.Tell(r))))
                .Concat(story.Prices.Select(p => (p.At, Apply: (Func<Meter, Meter>)(m => m.Price(p)))))
                .OrderBy(c => c.At).ToList();
            var (meter, sealedMeter, log) = (MeterModel.Open(story), MeterModel.Open(story), ImmutableArray<UsageInterval>.Empty);
            foreach (var (at, apply) in changes)
            {
                (meter, sealedMeter) = (apply(meter), apply(sealedMeter));
                if (random.Next(2) == 0)
                    continue;
                var next = Sealing.Through(sealedMeter, MeterModel.Payees, MeterModel.Instant(at - random.Next(30)));
                (sealedMeter, log) = (next.Meter, log.AddRange(next.Intervals));
            }

            IsTheSame(meter, sealedMeter, log);
            Assert.Equal(MeterModel.Use(story with { End = null, Prices = [.. story.Prices.OrderBy(p => p.At)] }, MeterModel.Span).Used, sealedMeter.UsedAt(End).Value);
        });

    [Fact]
    public void It_stays_small_however_often_a_vm_starts_and_stops()
    {
        var (meter, log) = (Meter.Opened(MeterModel.Start, Price(7, 1)), new List<UsageInterval>());
        for (var i = 0; i < 1000; i++)
        {
            meter = meter.Tell(new Told(i % 2 == 0 ? MeterPhase.Running : MeterPhase.Paused, i * 10));
            var next = Sealing.Trim(meter, MeterModel.Payees);
            (meter, _) = (next.Meter, 0);
            log.AddRange(next.Intervals);
            Assert.InRange(meter.Reports.Length, 0, Sealing.MostReports);
        }

        var end = MeterModel.Instant(10_000);
        Assert.Equal((5_000L, "40000"), (meter.RunningAt(end), meter.UsedAt(end).ToDecimal()));
        // One interval for each start and stop, and none was cut.
        Assert.Equal(1000, log.Concat(meter.OpenIntervals(end)).Count(i => i.Milliseconds == 10));
    }

    /// <summary>A scheduler that was set back to a backup tells all that it has: no price is sealed by it, and nothing of it is from after the opening.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_told_of_before_the_beginning_is_one_report_whatever_the_order(bool isOldestFirst)
    {
        var opened = Meter.Opened(MeterModel.Start, Price(7, 1));
        var told = Enumerable.Range(0, 1000).Select(i => new Told(i % 2 == 0 ? MeterPhase.Running : MeterPhase.Paused, -5_000 + i));
        var (meter, most) = (opened, 0);
        foreach (var report in isOldestFirst ? told : told.Reverse())
        {
            meter = Sealing.Trim(meter.Tell(report), MeterModel.Payees).Meter;
            most = Math.Max(most, meter.Reports.Length);
        }

        Assert.Equal(1, most);
        Assert.Equal(opened.Tell(new Told(MeterPhase.Paused, -4_001)), meter);
        Assert.Equal("100000", meter.UsedAt(MeterModel.Instant(100_000)).ToDecimal());
    }

    /// <summary>Our clock was ahead when the border was drawn, and is right by now: what comes next counts from the border on.</summary>
    [Fact]
    public void Nor_do_those_pile_up_that_count_from_where_use_is_sealed()
    {
        var meter = Sealing.Through(Meter.Opened(MeterModel.Start, Price(7, 1)).Tell(new Told(MeterPhase.Running, 0)), MeterModel.Payees, MeterModel.Instant(5_000)).Meter;
        for (var i = 0; i < 1000; i++)
        {
            var phase = i % 2 == 0 ? MeterPhase.Paused : MeterPhase.Running;
            meter = Sealing.Trim(meter.Told(phase, MeterModel.Instant(1_000 + i), MeterModel.Instant(1_000 + i)), MeterModel.Payees).Meter;
            Assert.InRange(meter.Reports.Length, 1, 2);
        }

        Assert.Equal((MeterPhase.Running, 6_000L), (meter.Phase, meter.RunningAt(MeterModel.Instant(6_000))));
    }

    [Fact]
    public void Repeated_reports_of_one_phase_are_one_interval_and_stay_in_bounds()
    {
        var meter = Meter.Opened(MeterModel.Start, Price(7, 1));
        for (var i = 0; i < 1000; i++)
        {
            var next = Sealing.Trim(meter.Tell(new Told(MeterPhase.Running, i * 10)), MeterModel.Payees);
            Assert.Empty(next.Intervals);
            meter = next.Meter;
        }

        Assert.Equal(new UsageInterval(MeterModel.Start, MeterModel.Instant(10_000), MeterPhase.Running, FlowRate.FromWeiPerSecond(7)), Assert.Single(meter.OpenIntervals(MeterModel.Instant(10_000))));
        Assert.InRange(meter.Reports.Length, 0, Sealing.MostReports);
    }

    [Fact]
    public void Changes_of_price_stay_in_bounds_too()
    {
        var meter = Meter.Opened(MeterModel.Start, Price(1, 1)).Tell(new Told(MeterPhase.Running, 0));
        var expected = MilliWei.Zero;
        for (var i = 1; i <= 500; i++)
        {
            expected += MilliWei.Of(FlowRate.FromWeiPerSecond(i), 10);
            meter = Sealing.Trim(meter.Price(new Repriced(i * 10, FlowRate.FromWeiPerSecond(i + 1), null, null)), MeterModel.Payees).Meter;
        }

        Assert.InRange(meter.Prices.Length, 0, Sealing.MostReports);
        Assert.Equal(expected, meter.UsedAt(MeterModel.Instant(5_000)));
    }

    [Fact]
    public void Prices_that_no_phase_pays_stay_in_bounds_too()
    {
        var meter = Meter.Opened(MeterModel.Start, Price(1, 1));
        for (var i = 1; i <= 500; i++)
            meter = Sealing.Trim(meter.Price(new Repriced(i * 10, FlowRate.FromWeiPerSecond(i + 1), null, null)), MeterModel.Payees).Meter;

        Assert.InRange(meter.Prices.Length, 0, Sealing.MostReports);
        Assert.Equal(501, meter.Price.Running.WeiPerSecond);
    }

    [Fact]
    public void What_is_sealed_is_not_told_otherwise_and_the_newest_report_is_taken_all_the_same()
    {
        var running = Meter.Opened(MeterModel.Start, Price(1000, 0)).Tell(new Told(MeterPhase.Running, 0));
        var meter = Sealing.Through(running.Tell(new Told(MeterPhase.Running, 150)), MeterModel.Payees, MeterModel.Instant(100)).Meter;

        Assert.Equal(ReportFit.Sealed, FitOf(meter, MeterPhase.Paused, 50));
        Assert.Equal(ReportFit.Known, FitOf(meter, MeterPhase.Running, 0));
        Assert.Equal(ReportFit.Late, FitOf(meter, MeterPhase.Paused, 120));
        Assert.Equal(meter, meter.Tell(new Told(MeterPhase.Paused, 50)));

        // Nothing newer is known: it says what is, from where it still can.
        var sealedTo = Sealing.Through(running, MeterModel.Payees, MeterModel.Instant(100)).Meter;
        Assert.Equal(ReportFit.Newest, FitOf(sealedTo, MeterPhase.Paused, 50));
        Assert.Equal(100, sealedTo.Tell(new Told(MeterPhase.Paused, 50)).RunningAt(End));
        // An end is taken likewise: a VM that is gone must not be paid for ever.
        Assert.Equal(100, sealedTo.Ended(MeterModel.Instant(50)).RunningAt(End));
    }

    private static ReportFit FitOf(Meter meter, MeterPhase phase, int at) => meter.FitOf(phase, MeterModel.Instant(at), MeterModel.Instant(at));

    private static MeterPrice Price(int running, int paused) => new(FlowRate.FromWeiPerSecond(running), FlowRate.FromWeiPerSecond(paused), IsCutOff: false);

    private static void IsTheSame(Meter meter, Meter sealedMeter, ImmutableArray<UsageInterval> log)
    {
        Assert.Equal((meter.RunningAt(End), meter.UsedAt(End), meter.Phase, meter.Price), (sealedMeter.RunningAt(End), sealedMeter.UsedAt(End), sealedMeter.Phase, sealedMeter.Price));
        Assert.Equal(meter.OpenIntervals(End), log.Concat(sealedMeter.OpenIntervals(End)));
        Assert.Equal(Parts(meter), Parts(sealedMeter));
        Assert.Equal(meter.UsedAt(End), Parts(sealedMeter).Aggregate((a, b) => a + b));
        Assert.Equal(sealedMeter.Sealed.Used, log.Aggregate(MilliWei.Zero, (sum, i) => sum + i.Used));
    }

    private static IEnumerable<MilliWei> Parts(Meter meter) => MeterModel.Payees.Select(p => meter.UsedFor(p.Address, MeterModel.Payees, End));
}

using System.Numerics;
using CsCheck;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Metering;

public sealed class MeterTests
{
    private static readonly DateTimeOffset Start = MeterModel.Start;

    [Fact]
    public void Running_time_and_use_are_those_of_each_millisecond_asked_by_itself() =>
        Gen.Select(MeterModel.Stories(), Gen.Int[0, MeterModel.Span]).Sample((story, until) =>
        {
            var meter = MeterModel.Run(story);
            var (running, used, parts) = MeterModel.Use(story, until);

            Assert.Equal((running, used), (meter.RunningAt(MeterModel.Instant(until)), meter.UsedAt(MeterModel.Instant(until)).Value));
            Assert.Equal(parts, MeterModel.Payees.Select(p => meter.UsedFor(p.Address, MeterModel.Payees, MeterModel.Instant(until)).Value));
        });

    [Fact]
    public void Reports_give_the_same_in_any_order_and_however_often() => Gen.Select(MeterModel.Stories(), Gen.Int[0, int.MaxValue]).Sample((story, seed) =>
    {
        var random = new Random(seed);
        var shuffled = story.Reports.Concat(story.Reports.Where(_ => random.Next(2) == 0)).ToArray();
        random.Shuffle(shuffled);

        var told = MeterModel.Run(story);
        var again = MeterModel.Run(story with { Reports = shuffled });

        Assert.Equal(told.Reports.AsEnumerable(), again.Reports);
        Assert.Equal(told.Phase, again.Phase);
    });

    [Fact]
    public void It_makes_no_difference_whether_a_report_or_a_price_came_first() => Gen.Select(MeterModel.Stories(), Gen.Int[0, int.MaxValue]).Sample((story, seed) =>
    {
        var random = new Random(seed);
        var (meter, reports, prices) = (MeterModel.Open(story), new Queue<Told>(story.Reports), new Queue<Repriced>(story.Prices));
        while (reports.Count + prices.Count > 0)
        {
            var takesReport = prices.Count == 0 || (reports.Count > 0 && random.Next(2) == 0);
            meter = takesReport ? meter.Tell(reports.Dequeue()) : meter.Price(prices.Dequeue());
        }

        if (story.End is { } end)
            meter = meter.Ended(MeterModel.Instant(end));
        Assert.Equal(MeterModel.Use(story, MeterModel.Span).Used, meter.UsedAt(MeterModel.Instant(MeterModel.Span)).Value);
    });

    [Fact]
    public void Use_never_falls_with_time_and_is_never_more_than_the_dearest_rate_all_the_time() => MeterModel.Stories().Sample(story =>
    {
        var meter = MeterModel.Run(story);
        var dearest = story.Prices.SelectMany(p => new[] { p.Running, p.Paused }).OfType<FlowRate>().Append(story.First.Running).Append(story.First.Paused).Max();
        var before = MilliWei.Zero;
        for (var at = -10; at <= MeterModel.Span; at += 10)
        {
            var used = meter.UsedAt(MeterModel.Instant(at));
            Assert.True(used >= before && used <= MilliWei.Of(dearest, Math.Max(0, at)));
            Assert.True(meter.RunningAt(MeterModel.Instant(at)) <= Math.Max(0, at));
            before = used;
        }
    });

    [Fact]
    public void What_is_shown_in_wei_is_rounded_down() => Gen.Select(Any.Rate(), Gen.Int[0, 100_000]).Sample((rate, ms) =>
    {
        var meter = Running(rate).UsedAt(Start.AddMilliseconds(ms));
        Assert.Equal((BigInteger)rate.WeiPerSecond * ms / 1000, meter.FloorToWei().Wei);
    });

    [Fact]
    public void The_intervals_are_what_was_metered() => MeterModel.Stories().Sample(story =>
    {
        var intervals = MeterModel.Run(story).OpenIntervals(MeterModel.Instant(MeterModel.Span)).ToList();
        var read = MeterModel.ByMillisecond(story, MeterModel.Span);

        Assert.All(intervals, i => Assert.True(i.From < i.To));
        Assert.All(intervals.Zip(intervals.Skip(1)), p => Assert.True(p.First.To < p.Second.From || (p.First.To == p.Second.From && p.First.Rate != p.Second.Rate) || p.First.Phase != p.Second.Phase));
        for (var ms = 0; ms < MeterModel.Span; ms++)
        {
            var of = intervals.SingleOrDefault(i => i.From <= MeterModel.Instant(ms) && MeterModel.Instant(ms) < i.To);
            Assert.Equal(read[ms], of is null ? (MeterPhase.Stopped, FlowRate.Zero) : (of.Phase, of.Rate));
        }
    });

    [Fact]
    public void A_late_report_moves_use_in_either_direction()
    {
        var meter = Running(FlowRate.FromWeiPerSecond(1000)).Tell(new Told(MeterPhase.Paused, 100));
        Assert.Equal("100000", meter.UsedAt(MeterModel.Instant(200)).ToDecimal());

        Assert.Equal("40000", meter.Tell(new Told(MeterPhase.Paused, 40)).UsedAt(MeterModel.Instant(200)).ToDecimal());
        Assert.Equal("90000", meter.Tell(new Told(MeterPhase.Paused, 40)).Tell(new Told(MeterPhase.Running, 50)).UsedAt(MeterModel.Instant(200)).ToDecimal());
    }

    [Fact]
    public void Fractions_of_a_millisecond_are_not_lost_at_a_change_of_phase()
    {
        var meter = Meter.Opened(Start, new MeterPrice(FlowRate.FromWeiPerSecond(1000), FlowRate.Zero, IsCutOff: false));
        for (var i = 0; i <= 10; i++)
            meter = meter.Told(MeterPhase.Running, MeterModel.Instant(i + 0.5), MeterModel.Instant(i + 0.5));
        Assert.Equal(10, meter.RunningAt(MeterModel.Instant(10.5)));
    }

    [Fact]
    public void Of_reports_of_one_millisecond_the_later_one_holds_by_the_finer_clock()
    {
        var meter = Running(FlowRate.FromWeiPerSecond(1000))
            .Told(MeterPhase.Running, MeterModel.Instant(5.7), MeterModel.Instant(5.7))
            .Told(MeterPhase.Paused, MeterModel.Instant(5.2), MeterModel.Instant(5.2));

        Assert.Equal((MeterPhase.Running, 20L), (meter.Phase, meter.RunningAt(MeterModel.Instant(20))));
    }

    [Fact]
    public void By_a_clock_that_is_ahead_reports_keep_their_order_and_nothing_counts_before_it_came()
    {
        // Told for 30 s ahead, out of order and again: ours was at 100 and 101 ms.
        var meter = Running(FlowRate.FromWeiPerSecond(1000))
            .Told(MeterPhase.Running, MeterModel.Instant(30_200), MeterModel.Instant(100))
            .Told(MeterPhase.Paused, MeterModel.Instant(30_100), MeterModel.Instant(101))
            .Told(MeterPhase.Paused, MeterModel.Instant(30_100), MeterModel.Instant(250));

        Assert.Equal((MeterPhase.Running, 300L), (meter.Phase, meter.RunningAt(MeterModel.Instant(300))));
        Assert.Equal(ReportFit.Known, meter.FitOf(MeterPhase.Running, MeterModel.Instant(30_200), MeterModel.Instant(400)));
    }

    /// <summary>RUN was told for four minutes ahead; then the clock was put right, and what happened since is not hidden for so long.</summary>
    [Fact]
    public void A_clock_that_was_ahead_and_is_right_again_is_believed_from_when_its_former_report_came()
    {
        var meter = Running(FlowRate.FromWeiPerSecond(1000))
            .Told(MeterPhase.Running, MeterModel.Instant(240_000), MeterModel.Instant(100))
            .Told(MeterPhase.Paused, MeterModel.Instant(300), MeterModel.Instant(300));

        Assert.Equal((MeterPhase.Paused, 300L), (meter.Phase, meter.RunningAt(MeterModel.Instant(1_000))));
        Assert.Equal(ReportFit.Newest, meter.FitOf(MeterPhase.Running, MeterModel.Instant(900), MeterModel.Instant(900)));
        Assert.Equal(ReportFit.Late, meter.FitOf(MeterPhase.Running, MeterModel.Instant(50), MeterModel.Instant(50)));
        // The former report again, now that its instant has come: it is known, and says nothing of now.
        Assert.Equal(ReportFit.Known, meter.FitOf(MeterPhase.Running, MeterModel.Instant(240_000), MeterModel.Instant(240_000)));
        Assert.Equal(ReportFit.Known, meter.FitOf(MeterPhase.Running, MeterModel.Instant(240_000), MeterModel.Instant(400)));
    }

    [Fact]
    [Incident("1.4.4")]
    public void Without_a_report_it_stands_still()
    {
        var meter = Meter.Opened(Start, new MeterPrice(FlowRate.Max, FlowRate.Max, IsCutOff: false));
        Assert.Equal((MilliWei.Zero, 0L), (meter.UsedAt(Start.AddDays(30)), meter.RunningAt(Start.AddDays(30))));
    }

    [Fact]
    public void A_paused_vm_uses_its_paused_rate_and_does_not_run()
    {
        var meter = Meter.Opened(Start, new MeterPrice(FlowRate.FromWeiPerSecond(100), FlowRate.FromWeiPerSecond(3), IsCutOff: false))
            .Tell(new Told(MeterPhase.Running, 0))
            .Tell(new Told(MeterPhase.Paused, 10_000));
        Assert.Equal((10_000L, "1060000"), (meter.RunningAt(Start.AddSeconds(30)), meter.UsedAt(Start.AddSeconds(30)).ToDecimal()));
    }

    [Fact]
    public void What_is_assumed_holds_until_something_newer_is_told()
    {
        var meter = Running(FlowRate.FromWeiPerSecond(1000)).Assuming(MeterPhase.Stopped, MeterModel.Instant(100));
        Assert.Equal((MeterPhase.Stopped, 100L), (meter.Phase, meter.RunningAt(MeterModel.Instant(200))));

        // It is told of before the assumption, and newer than all that was told before it.
        var told = meter.Told(MeterPhase.Paused, MeterModel.Instant(50), MeterModel.Instant(50));
        Assert.Equal((MeterPhase.Paused, 100L), (told.Phase, told.RunningAt(MeterModel.Instant(200))));
    }

    private static Meter Running(FlowRate rate) =>
        Meter.Opened(Start, new MeterPrice(rate, FlowRate.Zero, IsCutOff: false)).Tell(new Told(MeterPhase.Running, 0));
}

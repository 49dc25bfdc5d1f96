using System.Numerics;
using CsCheck;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Metering;

public sealed class MeterTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static readonly Gen<(MeterPhase Phase, FlowRate Rate, long At)[]> Reports =
        Gen.Select(Gen.Int[1, 3].Select(p => (MeterPhase)p), Any.Rate(), Gen.Long[0, 100_000]).Array[0, 20];

    [Fact]
    public void Use_is_the_sum_of_rate_times_milliseconds_and_late_reports_count_from_where_the_meter_stands() => Reports.Sample(reports =>
    {
        var meter = Meter.Stopped;
        var (phase, rate, since, running, used) = (MeterPhase.Stopped, FlowRate.Zero, 0L, 0L, BigInteger.Zero);
        foreach (var report in reports.Append((MeterPhase.Stopped, FlowRate.Zero, 100_000)))
        {
            meter = meter.Enter(report.Phase, report.Rate, Start.AddMilliseconds(report.At));
            var at = Math.Max(since, report.At);
            if (phase != MeterPhase.Stopped)
                used += (BigInteger)rate.WeiPerSecond * (at - since);
            if (phase == MeterPhase.Running)
                running += at - since;
            (phase, rate, since) = (report.Phase, report.Rate, at);
        }

        Assert.Equal(used, meter.Used.Value);
        Assert.Equal(running, meter.RunningMilliseconds);
    });

    [Fact]
    public void No_order_of_reports_gives_negative_or_double_use() => Gen.Select(Reports, Any.Rate()).Sample((reports, price) =>
    {
        var meter = Meter.Stopped;
        foreach (var report in reports)
        {
            var before = meter;
            meter = meter.Enter(report.Phase, price, Start.AddMilliseconds(report.At));
            Assert.True(meter.Used >= before.Used);
            Assert.True(meter.Since >= before.Since);
        }

        // At one price never more than the whole span at that price.
        Assert.True(meter.SettledAt(Start.AddMilliseconds(100_000)).Used <= MilliWei.Of(price, 100_000));
    });

    [Fact]
    public void Looking_at_the_meter_does_not_move_it() =>
        Gen.Select(Any.Rate(), Gen.Long[0, 1_000_000].Array[0, 20], Gen.Long[0, 1_000_000]).Sample((rate, looks, end) =>
        {
            var meter = Meter.Stopped.Enter(MeterPhase.Running, rate, Start);
            var looked = looks.Where(l => l <= end).Order().Aggregate(meter, (m, look) => m.SettledAt(Start.AddMilliseconds(look)));
            Assert.Equal(MilliWei.Of(rate, end), looked.SettledAt(Start.AddMilliseconds(end)).Used);
        });

    [Fact]
    public void Fractions_of_a_millisecond_are_not_lost_at_a_change_of_phase()
    {
        var rate = FlowRate.FromWeiPerSecond(1000);
        var half = TimeSpan.FromTicks(TimeSpan.TicksPerMillisecond / 2);
        var meter = Meter.Stopped.Enter(MeterPhase.Running, rate, Start + half);
        for (var i = 1; i <= 10; i++)
            meter = meter.Enter(MeterPhase.Running, rate, Start + half + TimeSpan.FromMilliseconds(i));
        Assert.Equal(10, meter.RunningMilliseconds);
    }

    [Fact]
    [Incident("1.4.4")]
    public void Without_a_report_it_stands_still()
    {
        var meter = Meter.Stopped.SettledAt(Start.AddDays(30));
        Assert.Equal((MilliWei.Zero, 0L), (meter.Used, meter.RunningMilliseconds));
    }

    [Fact]
    public void A_paused_vm_uses_its_paused_rate_and_does_not_run()
    {
        var meter = Meter.Stopped
            .Enter(MeterPhase.Running, FlowRate.FromWeiPerSecond(100), Start)
            .Enter(MeterPhase.Paused, FlowRate.FromWeiPerSecond(3), Start.AddSeconds(10))
            .SettledAt(Start.AddSeconds(30));
        Assert.Equal((10_000L, "1060000"), (meter.RunningMilliseconds, meter.Used.ToDecimal()));
    }
}

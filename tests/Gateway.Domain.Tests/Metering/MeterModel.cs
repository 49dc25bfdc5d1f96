using System.Collections.Immutable;
using System.Numerics;
using CsCheck;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Domain.Tests.Metering;

/// <summary>What a scheduler told, in milliseconds since <see cref="MeterModel.Start"/>.</summary>
internal sealed record Told(MeterPhase Phase, int At);

/// <summary>A change of price, in the order of the commands; null: as it is.</summary>
internal sealed record Repriced(int At, FlowRate? Running, FlowRate? Paused, bool? IsCutOff);

/// <summary>All that a meter depends on.</summary>
internal sealed record MeterStory(MeterPrice First, Told[] Reports, Repriced[] Prices, int? End);

/// <summary>The meter as one would do it by hand: each millisecond asked by itself what the VM did, and what that cost.</summary>
internal static class MeterModel
{
    /// <summary>Reports and changes lie before, so that there is something after each of them.</summary>
    public const int Span = 240;

    public static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    public static readonly ImmutableArray<Payee> Payees =
    [
        new Payee(Address.Parse("0x" + new string('3', 40)), SharePpm.FromPpm(700_001), "node"),
        new Payee(Address.Parse("0x" + new string('4', 40)), SharePpm.FromPpm(199_999), "community"),
        new Payee(Address.Parse("0x" + new string('5', 40)), SharePpm.FromPpm(100_000), "network"),
    ];

    private static readonly Gen<MeterPhase> AnyPhase = Gen.Int[1, 3].Select(p => (MeterPhase)p);

    private static readonly Gen<Repriced> AnyChange = Gen.Select(Gen.Int[0, 200], Any.Rate(), Any.Rate(), Gen.Int[0, 5]).Select((at, running, paused, kind) => new Repriced(
        at, kind is 0 or 1 or 5 ? running : null, kind is 1 or 2 ? paused : null, kind switch { 3 => true, 4 => false, _ => null }));

    public static Gen<MeterStory> Stories(int reports = 12) => Gen.Select(
        Gen.Select(Any.Rate(), Any.Rate()).Select((running, paused) => new MeterPrice(running, paused, IsCutOff: false)),
        Gen.Select(AnyPhase, Gen.Int[-20, 200]).Select((phase, at) => new Told(phase, at)).Array[0, reports],
        AnyChange.Array[0, 6],
        Gen.Int[0, 400]).Select((first, told, prices, end) => new MeterStory(first, told, prices, end < Span ? end : null));

    public static DateTimeOffset Instant(double milliseconds) => Start.AddTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond));

    public static Meter Open(MeterStory story) => Meter.Opened(Start, story.First);

    public static Meter Tell(this Meter meter, Told told) => meter.Told(told.Phase, Instant(told.At), Instant(told.At));

    public static Meter Price(this Meter meter, Repriced change) => meter.Priced(
        Instant(change.At), p => new MeterPrice(change.Running ?? p.Running, change.Paused ?? p.Paused, change.IsCutOff ?? p.IsCutOff));

    public static Meter Run(MeterStory story)
    {
        var meter = story.Prices.Aggregate(story.Reports.Aggregate(Open(story), Tell), Price);
        return story.End is { } end ? meter.Ended(Instant(end)) : meter;
    }

    /// <summary>Phase and rate of each millisecond, the first one being [0, 1).</summary>
    public static (MeterPhase Phase, FlowRate Rate)[] ByMillisecond(MeterStory story, int until)
    {
        var read = new (MeterPhase, FlowRate)[until];
        for (var ms = 0; ms < until; ms++)
        {
            var phase = MeterPhase.Stopped;
            var told = int.MinValue;
            foreach (var report in story.Reports.Where(r => r.At <= ms))
            {
                var costsLess = (phase, report.Phase) is (MeterPhase.Running, not MeterPhase.Running) or (MeterPhase.Paused, MeterPhase.Stopped);
                if (report.At > told || (report.At == told && costsLess))
                    (told, phase) = (report.At, report.Phase);
            }

            var (running, paused, isCutOff) = story.First;
            foreach (var change in story.Prices.Where(c => c.At <= ms))
                (running, paused, isCutOff) = (change.Running ?? running, change.Paused ?? paused, change.IsCutOff ?? isCutOff);
            var rate = phase switch { MeterPhase.Running => running, MeterPhase.Paused when !isCutOff => paused, _ => FlowRate.Zero };
            read[ms] = ms < (story.End ?? int.MaxValue) ? (phase, rate) : (MeterPhase.Stopped, FlowRate.Zero);
        }

        return read;
    }

    public static (long Running, BigInteger Used, BigInteger[] Parts) Use(MeterStory story, int until)
    {
        var (running, used, parts) = (0L, BigInteger.Zero, new BigInteger[Payees.Length]);
        foreach (var (phase, rate) in ByMillisecond(story, until))
        {
            running += phase == MeterPhase.Running ? 1 : 0;
            used += rate.WeiPerSecond;
            BigInteger rest = rate.WeiPerSecond;
            for (var i = 1; i < parts.Length; i++)
            {
                var leg = (BigInteger)rate.WeiPerSecond * Payees[i].Share.Value / 1_000_000;
                parts[i] += leg;
                rest -= leg;
            }

            parts[0] += rest;
        }

        return (running, used, parts);
    }
}

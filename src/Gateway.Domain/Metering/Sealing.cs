using System.Collections.Immutable;
using Gateway.Domain.Leases;

namespace Gateway.Domain.Metering;

/// <summary>A meter after sealing, and what left it; null: nothing did.</summary>
public sealed record SealedMeter(Meter Meter, UsageRecord? Record)
{
    public ImmutableArray<UsageInterval> Intervals => Record?.Intervals ?? [];
}

/// <summary>Sums up what a meter need not keep open, so that it stays small however long it runs.</summary>
/// <remarks>
/// By count: a scheduler that was cut off for hours reports them late, and nothing of them is sealed while few reports are known. Intervals leave as a whole, when what
/// follows them differs: what lasts at the border stays open, and is only no longer to be told otherwise before it.
/// </remarks>
public static class Sealing
{
    /// <summary>Reports, and changes of price, that a meter holds: each is some 50 bytes in every copy of its lease.</summary>
    public const int MostReports = 64;

    /// <summary>What is left of them: not one interval leaves with each report, and some twenty starts and stops stay open.</summary>
    public const int KeptReports = 48;

    /// <summary>Seals the oldest where there are too many.</summary>
    public static SealedMeter Trim(Meter meter, ImmutableArray<Payee> payees)
    {
        DateTimeOffset? border = null;
        if (meter.Reports.Length > MostReports)
            border = meter.Reports[^KeptReports].At;
        if (meter.Prices.Length > MostReports && !(border > meter.Prices[^KeptReports].At))
            border = meter.Prices[^KeptReports].At;
        return border is { } at ? Through(meter, payees, at) : new SealedMeter(meter, Record: null);
    }

    /// <summary>Seals what was before <paramref name="border"/>. What is sealed already stays so.</summary>
    public static SealedMeter Through(Meter meter, ImmutableArray<Payee> payees, DateTimeOffset border)
    {
        border = MeterTime.Whole(border);
        if (border <= meter.From || border <= meter.FixedBefore)
            return new SealedMeter(meter, Record: null);
        // As far as anything is known to change; what lasts at the border has not ended.
        var known = MeterTime.Later(meter.Since, border).AddMilliseconds(1);
        var ended = meter.Fold(known).TakeWhile(i => i.To <= border).ToImmutableArray();
        var start = ended.IsEmpty ? meter.Sealed.Until : ended[^1].To;
        var passed = meter.Reports.TakeWhile(r => r.At <= border).ToImmutableArray();
        var reports = passed.IsEmpty ? meter.Reports : [passed[^1] with { At = start }, .. meter.Reports[passed.Length..]];
        var costs = meter.Prices.TakeWhile(p => p.At <= border).ToImmutableArray();
        var prices = meter.Prices.IsEmpty ? meter.Prices : [new PriceMark(start, Timelines.PriceAt(meter.Prices, border)), .. meter.Prices[costs.Length..]];
        var used = ended.Where(i => i.Phase != MeterPhase.Stopped).ToImmutableArray();
        return new SealedMeter(
            meter with { Sealed = meter.Sealed.Plus(used, payees, start), Reports = reports, Prices = prices, FixedBefore = border },
            new UsageRecord(start, used, new ToldUse(passed, costs)));
    }
}

using System.Collections.Immutable;

namespace Gateway.Domain.Metering;

/// <summary>Two timelines, of what a VM did and of what it cost, folded into intervals.</summary>
internal static class Timelines
{
    /// <summary>Every interval from <paramref name="start"/> to <paramref name="end"/>, stopped ones too; neighbours differ in phase or rate.</summary>
    public static ImmutableArray<UsageInterval> Fold(
        ImmutableArray<PhaseMark> reports, ImmutableArray<PriceMark> prices, DateTimeOffset start, DateTimeOffset end)
    {
        var intervals = ImmutableArray.CreateBuilder<UsageInterval>();
        var (report, price, phase, cost, at) = (0, 0, MeterPhase.Stopped, MeterPrice.Nothing, start);
        while (at < end)
        {
            for (; report < reports.Length && reports[report].At <= at; report++)
                phase = reports[report].Phase;
            for (; price < prices.Length && prices[price].At <= at; price++)
                cost = prices[price].Price;
            var next = end;
            if (report < reports.Length)
                next = MeterTime.Earlier(next, reports[report].At);
            if (price < prices.Length)
                next = MeterTime.Earlier(next, prices[price].At);
            Add(intervals, new UsageInterval(at, next, phase, cost.Of(phase)));
            at = next;
        }

        return intervals.ToImmutable();
    }

    /// <summary>The price changed by <paramref name="change"/> from <paramref name="at"/> on, later changes of the other rates kept.</summary>
    public static ImmutableArray<PriceMark> Change(ImmutableArray<PriceMark> prices, DateTimeOffset at, Func<MeterPrice, MeterPrice> change)
    {
        var changed = ImmutableArray.CreateBuilder<PriceMark>(prices.Length + 1);
        var before = MeterPrice.Nothing;
        foreach (var mark in prices.Where(p => p.At < at))
        {
            changed.Add(mark);
            before = mark.Price;
        }

        foreach (var mark in prices.Where(p => p.At == at))
            before = mark.Price;
        AddPrice(new PriceMark(at, change(before)));
        foreach (var mark in prices.Where(p => p.At > at))
            AddPrice(mark with { Price = change(mark.Price) });
        return changed.ToImmutable();

        void AddPrice(PriceMark mark)
        {
            if (changed.Count == 0 || changed[^1].Price != mark.Price)
                changed.Add(mark);
        }
    }

    /// <summary>The price that holds at an instant; that of the first mark where it is earlier.</summary>
    public static MeterPrice PriceAt(ImmutableArray<PriceMark> prices, DateTimeOffset at) => prices.IsEmpty
        ? MeterPrice.Nothing
        : prices.LastOrDefault(p => p.At <= at, prices[0]).Price;

    private static void Add(ImmutableArray<UsageInterval>.Builder intervals, UsageInterval next)
    {
        if (intervals.Count > 0 && intervals[^1] is { } last && last.Phase == next.Phase && last.Rate == next.Rate)
            intervals[^1] = last with { To = next.To };
        else
            intervals.Add(next);
    }
}

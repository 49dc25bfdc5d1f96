using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Metering;

/// <summary>How an execution report stands to what the meter has.</summary>
public enum ReportFit
{
    Unspecified = 0,

    /// <summary>It was told before, or cannot change anything.</summary>
    Known = 1,

    /// <summary>Nothing newer is known: it says what is.</summary>
    Newest = 2,

    /// <summary>It says what was, before something that is known already.</summary>
    Late = 3,

    /// <summary>It says what was when use is sealed already: it is too late.</summary>
    Sealed = 4,
}

/// <summary>What a VM used, to the millisecond and in thousandths of a wei.</summary>
/// <remarks>
/// A function of the set of what was reported, and of what was paid for it: in which order, and how often, the reports came makes no difference
/// (decisions/0015-the-meter.md). Without a report nothing is metered. Reports beyond <see cref="Sealing.MostReports"/> are sealed: summed up, and no longer to be changed.
/// </remarks>
public sealed record Meter
{
    /// <summary>From when on every interval is kept: since the lease was opened, or since the one sum that a former form kept of what lay before.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Nothing is metered from here on. Null: it goes on.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>In the order of the scheduler's clock; the first one holds where the sealed ones end.</summary>
    public ImmutableArray<PhaseMark> Reports { get; init; } = [];

    /// <summary>In the order of time; the first one holds where the sealed ones end.</summary>
    public ImmutableArray<PriceMark> Prices { get; init; } = [];

    /// <summary>What can no longer change. It ends where the phase and rate began that still last at <see cref="FixedBefore"/>.</summary>
    public required UsageSum Sealed { get; init; }

    /// <summary>What was before this cannot be told any more. Null: all of it can.</summary>
    public DateTimeOffset? FixedBefore { get; init; }

    /// <summary>What the VM does by the newest report.</summary>
    public MeterPhase Phase => End is not null || Reports.IsEmpty ? MeterPhase.Stopped : Reports[^1].Phase;

    public MeterPrice Price => Prices.IsEmpty ? MeterPrice.Nothing : Prices[^1].Price;

    /// <summary>When what it does or costs last changed, or when it ended.</summary>
    public DateTimeOffset Since
    {
        get
        {
            var last = Sealed.Until;
            if (!Reports.IsEmpty)
                last = MeterTime.Later(last, Reports[^1].At);
            if (!Prices.IsEmpty)
                last = MeterTime.Later(last, Prices[^1].At);
            return End ?? last;
        }
    }

    /// <summary>The meter of a lease as it begins: nothing is metered before it.</summary>
    public static Meter Opened(DateTimeOffset at, MeterPrice price)
    {
        var from = MeterTime.Whole(at);
        return new Meter { From = from, Sealed = UsageSum.NothingUntil(from), Prices = [new PriceMark(from, price)] };
    }

    /// <summary>The meter of a lease of which a former form kept one sum of what was before its present phase: that sum is sealed.</summary>
    /// <param name="phase">Since the sum's end.</param>
    /// <param name="told">Of the newest report; null: none is known.</param>
    public static Meter OfSum(UsageSum sum, MeterPhase phase, MeterPrice price, DateTimeOffset? told)
    {
        var from = MeterTime.Whole(sum.Until);
        return new Meter
        {
            From = from,
            Sealed = sum with { Until = from },
            FixedBefore = from,
            Prices = [new PriceMark(from, price)],
            Reports = [PhaseMark.Assumed(from, phase) with { Told = told ?? DateTimeOffset.MinValue }],
        };
    }

    /// <summary>How a report of <paramref name="told"/> stands to what is known.</summary>
    /// <param name="at">The earlier of <paramref name="told"/> and our own clock.</param>
    public ReportFit FitOf(MeterPhase phase, DateTimeOffset told, DateTimeOffset at)
    {
        var place = PlaceOf(told, at);
        var isNewest = place == Reports.Length;
        if (place > 0 && Reports[place - 1].Told == told && PhaseMark.Weight(phase) <= PhaseMark.Weight(Reports[place - 1].Phase))
            return ReportFit.Known;
        if (End <= MeterTime.Whole(at))
            return ReportFit.Known;
        // The newest one is taken, whatever is sealed: from then on it counts. What the VM does matters more than since when.
        var isFirstSealed = place == 1 && !isNewest && Reports[0].Told == told;
        if (!isNewest && FixedBefore is { } border && (place == 0 || isFirstSealed || at < border))
            return ReportFit.Sealed;
        return isNewest ? ReportFit.Newest : ReportFit.Late;
    }

    /// <summary>With one more report. One that is known, or too late, changes nothing.</summary>
    public Meter Told(MeterPhase phase, DateTimeOffset told, DateTimeOffset at)
    {
        if (FitOf(phase, told, at) is not (ReportFit.Newest or ReportFit.Late))
            return this;
        var place = PlaceOf(told, at);
        if (place > 0 && Reports[place - 1].Told == told && (FixedBefore is null || place > 1))
            return this with { Reports = Reports.SetItem(place - 1, Reports[place - 1] with { Phase = phase }) };
        // In the order of the scheduler's clock, whatever ours was when they came.
        var counts = MeterTime.Whole(at);
        if (place < Reports.Length)
            counts = MeterTime.Earlier(counts, Reports[place].At);
        if (place > 0)
            counts = MeterTime.Later(counts, Reports[place - 1].At);
        counts = MeterTime.Later(counts, FixedBefore ?? From);
        return this with { Reports = OneAt(FixedBefore ?? From, Reports.Insert(place, new PhaseMark(counts, told, phase))) };
    }

    /// <summary>What the VM is taken to do from <paramref name="at"/> on, until something newer than all that is known is told.</summary>
    public Meter Assuming(MeterPhase phase, DateTimeOffset at)
    {
        var after = Reports.IsEmpty ? From : Reports[^1].At;
        var mark = PhaseMark.Assumed(MeterTime.Later(MeterTime.Whole(at), after), phase);
        return this with { Reports = Reports.Add(Reports.IsEmpty ? mark : mark with { Told = Reports[^1].Told.AddTicks(1) }) };
    }

    /// <summary>With another price from <paramref name="at"/> on, or from where the sealed part ends. Of several changes the last one holds, for the rate that it names.</summary>
    public Meter Priced(DateTimeOffset at, Func<MeterPrice, MeterPrice> change) =>
        this with { Prices = Timelines.Change(Prices, MeterTime.Later(MeterTime.Whole(at), FixedBefore ?? From), change) };

    /// <summary>Ended at <paramref name="at"/>, or where the sealed part ends; of several ends the earliest holds.</summary>
    public Meter Ended(DateTimeOffset at)
    {
        var end = MeterTime.Later(MeterTime.Whole(at), FixedBefore ?? From);
        return End <= end ? this : this with { End = end };
    }

    /// <summary>Milliseconds that it ran until <paramref name="at"/>; see <see cref="UsedAt"/>.</summary>
    public long RunningAt(DateTimeOffset at) => Sealed.RunningMilliseconds + Fold(at).Sum(i => i.RunningMilliseconds);

    /// <summary>Use until <paramref name="at"/>. An instant within the sealed part reads as its end: its intervals are no longer here.</summary>
    public MilliWei UsedAt(DateTimeOffset at) => Fold(at).Aggregate(Sealed.Used, (sum, interval) => sum + interval.Used);

    /// <summary>One payee's part of <see cref="UsedAt"/>: the parts of all payees add up to it.</summary>
    /// <param name="payees">Of the lease.</param>
    public MilliWei UsedFor(Address payee, ImmutableArray<Payee> payees, DateTimeOffset at) =>
        Sealed.Parts.GetValueOrDefault(payee) + UsageSum.PartOf(Fold(at), payees, payee);

    /// <summary>What is not sealed, until <paramref name="at"/>: while the VM ran or was paused.</summary>
    public IEnumerable<UsageInterval> OpenIntervals(DateTimeOffset at) => Fold(at).Where(i => i.Phase != MeterPhase.Stopped);

    internal ImmutableArray<UsageInterval> Fold(DateTimeOffset until) =>
        Timelines.Fold(Reports, Prices, Sealed.Until, End is { } end ? MeterTime.Earlier(end, MeterTime.Whole(until)) : MeterTime.Whole(until));

    public bool Equals(Meter? other) => other is not null
        && (From, End, FixedBefore) == (other.From, other.End, other.FixedBefore)
        && Reports.AsSpan().SequenceEqual(other.Reports.AsSpan())
        && Prices.AsSpan().SequenceEqual(other.Prices.AsSpan())
        && Sealed.Equals(other.Sealed);

    public override int GetHashCode() => HashCode.Combine(From, End, FixedBefore, Reports.Length, Prices.Length, Sealed);

    /// <summary>Of all that count from where the meter begins, or from the border, the last one alone tells anything: none comes to count from before it. What is sealed ends with the first mark.</summary>
    private ImmutableArray<PhaseMark> OneAt(DateTimeOffset floor, ImmutableArray<PhaseMark> reports)
    {
        var first = FixedBefore is null ? 0 : 1;
        var next = first;
        while (next < reports.Length && reports[next].At <= floor)
            next++;
        return next - first > 1 ? reports.RemoveRange(first, next - first - 1) : reports;
    }

    /// <summary>After all that were told of that instant or earlier.</summary>
    /// <remarks>
    /// By the scheduler's clock, except where that was ahead of ours and now is not: then the former report is of the instant at which it came, or what happened since would stay hidden until
    /// the right clock has caught up. A repetition is known by what it was told for, whatever the clock is by then.
    /// </remarks>
    private int PlaceOf(DateTimeOffset told, DateTimeOffset at)
    {
        for (var same = Reports.Length; same > 0; same--)
        {
            if (Reports[same - 1].Told == told)
                return same;
        }

        var place = Reports.Length;
        while (place > 0 && Reports[place - 1].Told > told)
            place--;
        if (told > at)
            return place;
        var last = Reports.Length;
        while (last > place && !(IsAhead(last - 1) && MeterTime.Whole(told) > Reports[last - 1].At))
            last--;
        return last;
    }

    /// <summary>It named an instant that had not come when it came. Not told of the first one once something is sealed: that begins where the sealed part ends.</summary>
    private bool IsAhead(int report) => !(report == 0 && FixedBefore is not null) && MeterTime.Whole(Reports[report].Told) > Reports[report].At;
}

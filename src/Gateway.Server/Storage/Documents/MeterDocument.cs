using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Server.Storage.Documents;

/// <summary>A lease's meter: the phase that lasts and one sum of what was before it, as the former form had it, and what that sum is made of.</summary>
/// <param name="Since">Of the phase.</param>
/// <param name="Rate">Of the phase.</param>
/// <param name="RunningMilliseconds">Until <paramref name="Since"/>.</param>
/// <param name="Used">Likewise, in thousandths of a wei.</param>
/// <remarks>A version that knows the former form alone reads on, and keeps the sum; what it writes is read as a sum that is sealed.</remarks>
internal sealed record MeterDocument(MeterPhase Phase, DateTimeOffset Since, string Rate, long RunningMilliseconds, string Used)
{
    /// <summary>Null: since the lease was opened.</summary>
    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? End { get; init; }

    /// <summary>Null: the former form.</summary>
    public IReadOnlyList<ReportMarkDocument>? Reports { get; init; }

    /// <summary>Null: the lease's price, all the time.</summary>
    public IReadOnlyList<PriceMarkDocument>? Prices { get; init; }

    public DateTimeOffset? FixedBefore { get; init; }

    /// <summary>Null: nothing is sealed.</summary>
    public SealedUseDocument? Sealed { get; init; }

    public static MeterDocument Of(Lease lease)
    {
        var meter = lease.Meter;
        var isPlain = meter.Prices.Length == 1 && meter.Prices[0] == new PriceMark(meter.Sealed.Until, PriceOf(lease));
        return new MeterDocument(
            meter.Phase, meter.Since, meter.Price.Of(meter.Phase).ToDecimal(), meter.RunningAt(meter.Since), meter.UsedAt(meter.Since).ToDecimal())
        {
            From = meter.From == MeterTime.Whole(lease.OpenedAt) ? null : meter.From,
            End = meter.End,
            Reports = [.. meter.Reports.Select(ReportMarkDocument.Of)],
            Prices = isPlain ? null : [.. meter.Prices.Select(PriceMarkDocument.Of)],
            FixedBefore = meter.FixedBefore,
            Sealed = meter.FixedBefore is null ? null : SealedUseDocument.Of(meter.Sealed),
        };
    }

    /// <param name="lease">All of it but its meter.</param>
    public Meter ToDomain(Lease lease)
    {
        if (Reports is null)
            return Former(lease);
        var from = From ?? MeterTime.Whole(lease.OpenedAt);
        var @sealed = Sealed?.ToDomain() ?? UsageSum.NothingUntil(from);
        return new Meter
        {
            From = from,
            End = End,
            Reports = [.. Reports.Select(r => r.ToDomain())],
            Prices = Prices is null ? [new PriceMark(@sealed.Until, PriceOf(lease))] : [.. Prices.Select(p => p.ToDomain())],
            FixedBefore = FixedBefore,
            Sealed = @sealed,
        };
    }

    private Meter Former(Lease lease)
    {
        var used = MilliWei.Parse(Used);
        var isEnded = lease.State == LeaseState.Closing || lease.IsEnded;
        var price = PriceOf(lease);
        if (Phase == MeterPhase.Running)
            price = price with { Running = FlowRate.Parse(Rate) };
        var meter = Phase == MeterPhase.Stopped && used == MilliWei.Zero && RunningMilliseconds == 0
            ? Meter.Opened(lease.OpenedAt, price)
            : Meter.OfSum(new UsageSum(Since, RunningMilliseconds, used, UsageSum.PartsOf(used, RunningMilliseconds, lease.Rate, lease.Payees)), Phase, price, lease.ReportedAt);
        return isEnded && lease.ClosedAt is { } closed ? meter.Ended(closed) : meter;
    }

    private static MeterPrice PriceOf(Lease lease) => new(lease.Rate, lease.PausedRate, lease.IsCutOff);
}

/// <param name="Told">Null: the same.</param>
internal sealed record ReportMarkDocument(DateTimeOffset At, MeterPhase Phase, DateTimeOffset? Told = null)
{
    public static ReportMarkDocument Of(PhaseMark mark) => new(mark.At, mark.Phase, mark.Told == mark.At ? null : mark.Told);

    public PhaseMark ToDomain() => new(At, Told ?? At, Phase);
}

internal sealed record PriceMarkDocument(DateTimeOffset At, string Running, string Paused, bool? CutOff = null)
{
    public static PriceMarkDocument Of(PriceMark mark) =>
        new(mark.At, mark.Price.Running.ToDecimal(), mark.Price.Paused.ToDecimal(), mark.Price.IsCutOff ? true : null);

    public PriceMark ToDomain() => new(At, new MeterPrice(FlowRate.Parse(Running), FlowRate.Parse(Paused), CutOff ?? false));
}

/// <param name="Used">Thousandths of a wei, as all of <paramref name="Parts"/>, which are by the payee's address.</param>
internal sealed record SealedUseDocument(DateTimeOffset Until, long RunningMilliseconds, string Used, IReadOnlyDictionary<string, string> Parts)
{
    public static SealedUseDocument Of(UsageSum sum) =>
        new(sum.Until, sum.RunningMilliseconds, sum.Used.ToDecimal(), sum.Parts.ToImmutableSortedDictionary(p => p.Key.ToString(), p => p.Value.ToDecimal(), StringComparer.Ordinal));

    public UsageSum ToDomain() =>
        new(Until, RunningMilliseconds, MilliWei.Parse(Used), Parts.ToImmutableSortedDictionary(p => Address.Parse(p.Key), p => MilliWei.Parse(p.Value)));
}

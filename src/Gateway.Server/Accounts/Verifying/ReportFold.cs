using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What a VM did and what that cost, from what was told of it alone: every report and every price, laid side by side once more.</summary>
/// <remarks>On purpose none of the meter's own code: a meter that folds, sums up or seals wrongly shows here.</remarks>
internal sealed class ReportFold
{
    private readonly List<PhaseMark> _reports;
    private readonly List<PriceMark> _prices;
    private readonly DateTimeOffset? _end;

    public ReportFold(Lease lease, LeasePast past)
    {
        // A former version kept no reports, and may have written after a newer one while both ran.
        var former = past.Records.Select(static (r, i) => r.Told is null ? i + 1 : 0).DefaultIfEmpty().Max();
        Before = past with { Records = past.Records[..former] };
        Since = former > 0 ? past.Records[former - 1].Until : past.Dropped?.Until ?? lease.Meter.From;
        var told = past.Records[former..].Select(r => r.Told!).ToList(); // All that follow have it.
        _end = lease.Meter.End;
        // Stable: of what holds from one instant on, what was told last holds.
        _reports = [.. told.SelectMany(t => t.Reports).Concat(lease.Meter.Reports).OrderBy(r => r.At).ThenBy(r => r.Told)];
        _prices = [.. told.SelectMany(t => t.Prices).Concat(lease.Meter.Prices).OrderBy(p => p.At)];
    }

    /// <summary>From when on reports are kept.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>What was before that, of which only sums and intervals are kept.</summary>
    public LeasePast Before { get; }

    /// <summary>One phase at one rate after the other, from where reports are kept on; neighbours may be alike.</summary>
    /// <param name="until">Excluded.</param>
    public IEnumerable<UsageInterval> Until(DateTimeOffset until)
    {
        var end = Cut(_end < until ? _end.Value : until);
        var (report, price, at) = (-1, -1, Since);
        while (at < end)
        {
            while (report + 1 < _reports.Count && _reports[report + 1].At <= at)
                report++;
            while (price + 1 < _prices.Count && _prices[price + 1].At <= at)
                price++;
            var next = end;
            if (report + 1 < _reports.Count && _reports[report + 1].At < next)
                next = _reports[report + 1].At;
            if (price + 1 < _prices.Count && _prices[price + 1].At < next)
                next = _prices[price + 1].At;
            if (report >= 0 && price >= 0)
                yield return new UsageInterval(at, next, _reports[report].Phase, RateOf(_reports[report].Phase, _prices[price].Price));
            at = next;
        }
    }

    private static FlowRate RateOf(MeterPhase phase, MeterPrice price) => (phase, price.IsCutOff) switch
    {
        (MeterPhase.Running, _) => price.Running,
        (MeterPhase.Paused, false) => price.Paused,
        _ => FlowRate.Zero,
    };

    /// <summary>To whole milliseconds.</summary>
    private static DateTimeOffset Cut(DateTimeOffset at) => at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMillisecond));
}

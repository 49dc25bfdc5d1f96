using System.Numerics;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>What a planned lease used: each stretch between two instants by itself. And how meters would have it that are broken in one way each.</summary>
internal static class PlannedUse
{
    /// <summary>Whole wei of one lease, by meters of which each has one defect that meters have. A schedule that does not tell one of them from a sound one proves nothing of it.</summary>
    public static IReadOnlyList<(string Defect, Func<PlannedLease, BigInteger> Used)> BrokenMeters { get; } =
    [
        ("rounds up", l => (l.Used() + 999) / 1000),
        ("counts a report twice that came twice", Doubled),
        ("takes a new price from when it was told of", l => Wei(l, prices: [.. l.Prices.Select(p => p with { At = p.SaidAt })])),
        ("goes by the order in which reports came", l => Wei(l, ByArrival(l))),
        ("takes no report of what was before the newest one, and no repetition", l => Wei(l, NewestOnly(l))),
        ("charges nothing while a VM is paused", l => Wei(l, pausedRate: 0)),
        ("counts whole seconds", l => Wei(l, [.. l.Told.Select(t => (t.At - (t.At % 1000), t.Runs))])),
        ("forgets what many newer reports have settled", l => Wei(l, [.. l.Told.TakeLast(48)])),
        ("takes no report once the lease was closed", l => Wei(l, [.. l.Told.Where(t => l.Arrivals.Any(a => a.At == t.At && !a.IsAfterClose))])),
        ("lets a VM run until its end was told of", l => Wei(l, end: l.CloseSaidAt)),
    ];

    /// <summary>Σ rate × milliseconds, in thousandths of a wei.</summary>
    /// <param name="of">What of a rate counts.</param>
    public static BigInteger Of(PlannedLease lease, Func<long, BigInteger> of) => Sum(lease.Told, lease.Prices, lease.PausedRate, lease.OpenedAt, End(lease), of);

    private static long End(PlannedLease lease) => lease.EndedAt ?? throw new InvalidOperationException("It has not ended.");

    private static BigInteger Wei(
        PlannedLease lease, IReadOnlyList<(long At, bool Runs)>? told = null, IReadOnlyList<PlannedPrice>? prices = null, long? pausedRate = null, long? end = null) =>
        Sum(told ?? lease.Told, prices ?? lease.Prices, pausedRate ?? lease.PausedRate, lease.OpenedAt, end ?? End(lease), static r => r) / 1000;

    private static BigInteger Sum(
        IReadOnlyList<(long At, bool Runs)> told, IReadOnlyList<PlannedPrice> prices, long pausedRate, long start, long end, Func<long, BigInteger> of)
    {
        List<(long At, bool Runs)> inOrder = [.. told.OrderBy(t => t.At)];
        var (next, sum, phase) = (0, BigInteger.Zero, (bool?)null);
        long[] borders = [.. inOrder.Select(t => t.At).Concat(prices.Select(p => p.At)).Append(start).Append(end).Where(t => t >= start && t <= end).Distinct().Order()];
        foreach (var (from, to) in borders.Zip(borders.Skip(1)))
        {
            for (; next < inOrder.Count && inOrder[next].At <= from; next++)
                phase = inOrder[next].Runs;
            // The last word on a price holds, of all that take effect by then.
            var rate = phase switch { null => 0, true => prices.LastOrDefault(p => p.At <= from, prices[0]).Rate, false => pausedRate };
            sum += of(rate) * (to - from);
        }

        return sum;
    }

    private static BigInteger Doubled(PlannedLease lease)
    {
        var told = lease.Told;
        var twice = lease.Arrivals.GroupBy(a => a.At).Where(a => a.Count() > 1).Select(a => a.Key).ToHashSet();
        var more = told.Zip(told.Skip(1)).Where(p => twice.Contains(p.First.At) && p.Second.At <= End(lease))
            .Aggregate(BigInteger.Zero, (sum, p) => sum + Sum([p.First], lease.Prices, lease.PausedRate, p.First.At, p.Second.At, static r => r));
        return (lease.Used() + more) / 1000;
    }

    // As a meter has it that keeps a sum and the present phase: what comes counts from when the last one that came did.
    private static List<(long, bool)> ByArrival(PlannedLease lease)
    {
        var (last, kept) = (long.MinValue, new List<(long, bool)>());
        foreach (var arrival in lease.Arrivals)
        {
            last = Math.Max(last, arrival.At);
            kept.RemoveAll(k => k.Item1 == last);
            kept.Add((last, arrival.Runs));
        }

        return kept;
    }

    private static List<(long, bool)> NewestOnly(PlannedLease lease)
    {
        var (last, kept) = (long.MinValue, new List<(long, bool)>());
        foreach (var arrival in lease.Arrivals.Where(a => a.At > last))
        {
            last = arrival.At;
            kept.Add((arrival.At, arrival.Runs));
        }

        return kept;
    }
}

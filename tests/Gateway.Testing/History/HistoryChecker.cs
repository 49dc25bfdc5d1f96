using System.Numerics;
using Gateway.Domain.Identity;

namespace Gateway.Testing.History;

/// <summary>Judges a run by what it left behind, without knowing how it came about (chain-and-transactions.md §3 no. 7).</summary>
public static class HistoryChecker
{
    /// <returns>What is wrong, each beginning with the letter of its check; empty: nothing.</returns>
    public static IReadOnlyList<string> Check(RecordedHistory history) =>
        [.. Order(history), .. Settlement(history), .. Lanes(history), .. Gas(history), .. Money(history), .. DirectiveChecker.Check(history)];

    /// <summary>(a) What we made of a flow is what was wanted of it, in that order, and never older than what was verified before.</summary>
    private static IEnumerable<string> Order(RecordedHistory history)
    {
        var wanted = history.Wanted.ToLookup(w => w.Flow);
        var verified = history.Verified.ToLookup(v => v.Flow);
        foreach (var flow in history.LastOfEachTransaction().Where(c => history.Lanes.Contains(c.By)).GroupBy(c => c.Flow))
        {
            var least = 0UL;
            foreach (var made in flow)
            {
                least = verified[flow.Key].Where(v => v.Block < made.Block).Select(v => v.Generation).Append(least).Max();
                var match = wanted[flow.Key].Where(w => w.Generation >= least && w.Rate == made.Rate).MinBy(w => w.Generation);
                if (match is null)
                    yield return $"(a) block {made.Block} made {flow.Key} {made.Rate}, which was not wanted at generation {least} or later";
                else
                    least = match.Generation;
            }
        }
    }

    /// <summary>(b) What was wanted last is verified, or the chain shows it; everything before is superseded.</summary>
    private static IEnumerable<string> Settlement(RecordedHistory history)
    {
        var last = history.LastOfEachTransaction().GroupBy(c => c.Flow).ToDictionary(g => g.Key, g => g.Last().Rate);
        return history.Wanted.GroupBy(w => w.Flow).Where(g => history.Settled.Contains(g.Key)).Select(g => g.MaxBy(w => w.Generation)!) // No group is empty.
            .Where(w => last.GetValueOrDefault(w.Flow) != w.Rate)
            .Select(w => $"(b) {w.Flow} is at {last.GetValueOrDefault(w.Flow)}, wanted at generation {w.Generation} was {w.Rate}");
    }

    /// <summary>(c) A flow belongs to one lane.</summary>
    private static IEnumerable<string> Lanes(RecordedHistory history) => history.Chain
        .Where(c => history.Lanes.Contains(c.By)).GroupBy(c => c.Flow)
        .Where(g => g.Select(c => c.By).Distinct().Count() > 1)
        .Select(g => $"(c) {g.Key} was changed by {string.Join(" and ", g.Select(c => c.By).Distinct())}");

    /// <summary>(d) The ledger is the sum of the receipts, each rounded up as the ledger counts.</summary>
    private static IEnumerable<string> Gas(RecordedHistory history)
    {
        var paid = history.Paid.Sum(p => p.ToNanoCeiling());
        return history.LedgerNavax is { } ledger && ledger != paid ? [$"(d) receipts say {paid} nAVAX, the ledger {ledger}"] : [];
    }

    /// <summary>(e) What flowed by the events is what the balances have changed by, to the wei.</summary>
    private static IEnumerable<string> Money(RecordedHistory history)
    {
        foreach (var readings in history.Balances.GroupBy(b => b.Account).Select(g => g.OrderBy(b => b.At).ToList()))
        {
            var (from, to) = (readings[0], readings[^1]);
            var flowed = history.LastOfEachTransaction().GroupBy(c => c.Flow).Aggregate(
                BigInteger.Zero, (sum, flow) => sum + (SignOf(flow.Key, from.Account) * Integral([.. flow], from.At, to.At)));
            var changed = to.Total.Wei - from.Total.Wei;
            if (flowed != changed)
                yield return $"(e) the balance of {from.Account} changed by {changed} wei, by the events {flowed} wei have flowed";
        }
    }

    private static int SignOf(FlowKey flow, Address account) => (flow.Payee == account ? 1 : 0) - (flow.Payer == account ? 1 : 0);

    private static BigInteger Integral(List<ChainRate> changes, BlockTime from, BlockTime to)
    {
        var sum = BigInteger.Zero;
        for (var i = 0; i < changes.Count; i++)
        {
            var begin = Math.Max(changes[i].At.UnixSeconds, from.UnixSeconds);
            var end = Math.Min(i + 1 < changes.Count ? changes[i + 1].At.UnixSeconds : to.UnixSeconds, to.UnixSeconds);
            if (end > begin)
                sum += changes[i].Rate.Over(end - begin).Wei;
        }

        return sum;
    }
}

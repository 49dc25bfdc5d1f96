using Gateway.Benchmarks.Load;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Benchmarks.Faults;

/// <summary>What the chain shows of a run.</summary>
/// <param name="Doubled">Changes that were executed once more.</param>
/// <param name="Stale">Changes that were executed after a later one of the same flow.</param>
internal sealed record Verdict(int Operations, int Doubled, int Stale);

/// <summary>Reads from the chain's own events whether anything was executed twice or too late.</summary>
internal sealed class History(DevnetChain chain)
{
    /// <summary>Of the gateway: an operation that leaves the flow at its rate was done before; a journal with an earlier price of a lease than the one before it is stale.</summary>
    public async Task<Verdict> OfJournalsAsync(IReadOnlyList<VmChange> changes, BlockNumber after, BlockNumber to, CancellationToken cancellationToken)
    {
        var prices = changes.GroupBy(c => c.Lease, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.OrderBy(c => c.Number).Select(c => c.Rate).ToList(), StringComparer.Ordinal);
        var updates = await UpdatesAsync(after, to, cancellationToken);
        var (doubled, stale) = (0, 0);
        foreach (var flow in updates.GroupBy(u => u.Flow))
        {
            var rate = FlowRate.Zero;
            var newest = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var update in flow)
            {
                doubled += update.Rate == rate ? 1 : 0;
                rate = update.Rate;
                if (!UserDataRecord.TryDecode(update.UserData, out var journal))
                    continue;
                var indexes = journal.Legs.Select(l => (l.Lease.Value, Index: IndexOf(prices[l.Lease.Value], l.Rate))).ToList();
                stale += indexes.Exists(i => i.Index < newest.GetValueOrDefault(i.Value)) ? 1 : 0;
                foreach (var (lease, index) in indexes)
                    newest[lease] = Math.Max(index, newest.GetValueOrDefault(lease));
            }
        }

        return new Verdict(updates.Count, doubled, stale);
    }

    /// <summary>Of the edge queue, which numbers its jobs in the user data.</summary>
    public async Task<Verdict> OfJobsAsync(BlockNumber after, BlockNumber to, CancellationToken cancellationToken)
    {
        var updates = await UpdatesAsync(after, to, cancellationToken);
        var (doubled, stale) = (0, 0);
        foreach (var flow in updates.GroupBy(u => u.Flow))
        {
            var (seen, newest) = (new HashSet<int>(), -1);
            foreach (var job in flow.Select(u => EdgeJob.NumberOf(u.UserData)))
            {
                doubled += seen.Add(job) ? 0 : 1;
                stale += job < newest ? 1 : 0;
                newest = Math.Max(newest, job);
            }
        }

        return new Verdict(updates.Count, doubled, stale);
    }

    /// <summary>The last change at this price: a leg names it, since no two prices are alike.</summary>
    private static int IndexOf(List<FlowRate> prices, FlowRate leg) => prices.FindLastIndex(p => TwoLegs.Node(p) == leg || TwoLegs.Community(p) == leg);

    private async Task<List<FlowUpdate>> UpdatesAsync(BlockNumber after, BlockNumber to, CancellationToken cancellationToken)
    {
        var filter = LogFilter.OfRange(after.Plus(1), to, [chain.Contracts.Cfa, chain.Tokens.Aleph], [.. FlowEvents.Topics]);
        return [.. FlowEvents.Read(await chain.Anvil.Rpc.GetLogsAsync(filter, cancellationToken), chain.Contracts.Cfa)];
    }
}

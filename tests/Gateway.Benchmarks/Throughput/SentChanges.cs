using Gateway.Benchmarks.Chains;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Benchmarks.Throughput;

/// <summary>When each change was first on its way to the chain: the first transaction whose journal has both of its legs at the rate it asked for, or at a later one.</summary>
/// <remarks>Seen from outside: what the chain says of each flow, which leases the gateway wrote beside it, and when the chain's pool had the transaction.</remarks>
internal sealed class SentChanges(DevnetChain chain, PoolWatch pool)
{
    /// <param name="Untraced">No transaction was needed, or its journal was too long to name its leases.</param>
    internal sealed record Result(Samples Sent, int Untraced, int Operations);

    public async Task<Result> ReadAsync(IReadOnlyList<Submitted> changes, BlockNumber after, BlockNumber to, CancellationToken cancellationToken)
    {
        var filter = LogFilter.OfRange(after.Plus(1), to, [chain.Contracts.Cfa, chain.Tokens.Aleph], [.. FlowEvents.Topics]);
        var updates = FlowEvents.Read(await chain.Anvil.Rpc.GetLogsAsync(filter, cancellationToken), chain.Contracts.Cfa).ToList();
        var byFlow = updates.GroupBy(u => u.Flow).ToDictionary(g => g.Key, g => g.Select(u => new Step(pool.Seen.GetValueOrDefault(u.TransactionHash), Legs(u))).ToList());
        var (sent, untraced) = (new Samples(), 0);
        foreach (var lease in changes.GroupBy(c => c.Change.Lease, StringComparer.Ordinal))
        {
            var all = lease.OrderBy(c => c.Change.Number).ToList();
            for (var i = 0; i < all.Count; i++)
            {
                var node = FirstAt(byFlow, all, i, all[i].Change.Node, TwoLegs.Node);
                var community = FirstAt(byFlow, all, i, chain.Accounts.Community.Address, TwoLegs.Community);
                if (node is { } one && community is { } other)
                    sent.Add((one > other ? one : other) - all[i].DueAt);
                else
                    untraced++;
            }
        }

        return new Result(sent, untraced, updates.Count);
    }

    private DateTimeOffset? FirstAt(
        Dictionary<FlowKey, List<Step>> steps, List<Submitted> changes, int index, Address payee, Func<FlowRate, FlowRate> legOf)
    {
        var flow = new FlowKey(chain.Tokens.Aleph, changes[index].Change.Payer, payee);
        var wanted = changes.Skip(index).ToList();
        return steps.GetValueOrDefault(flow, [])
            .Where(s => s.At >= changes[index].DueAt && s.Legs is not null)
            .Where(s => s.Legs!.TryGetValue(changes[index].Change.Lease, out var rate)
                ? wanted.Exists(w => legOf(w.Change.Rate) == rate)
                : wanted.Exists(w => w.Change.Kind == ChangeKind.Close && w.DueAt <= s.At))
            .Select(s => (DateTimeOffset?)s.At)
            .FirstOrDefault();
    }

    private static Dictionary<string, FlowRate>? Legs(FlowUpdate update) =>
        UserDataRecord.TryDecode(update.UserData, out var journal) && journal.Digest is null
            ? journal.Legs.ToDictionary(l => l.Lease.Value, l => l.Rate, StringComparer.Ordinal)
            : null;

    /// <param name="Legs">By lease; null where the journal has only a digest of them.</param>
    private sealed record Step(DateTimeOffset At, Dictionary<string, FlowRate>? Legs);
}

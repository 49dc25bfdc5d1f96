using Gateway.Chain.Rpc;

namespace Gateway.Server.Resilience;

/// <summary>Logs of a range, from every endpoint that could be asked.</summary>
/// <param name="Logs">What any of them has, once each, in the order of the chain.</param>
/// <param name="Answers">How many answered.</param>
/// <param name="IsDisputed">Some have less than others.</param>
internal sealed record SeenLogs(IReadOnlyList<ChainLog> Logs, int Answers, bool IsDisputed)
{
    public static SeenLogs Of(IReadOnlyList<IReadOnlyList<ChainLog>> answers)
    {
        List<ChainLog> all = [.. answers.SelectMany(a => a).DistinctBy(l => (l.TransactionHash, l.Index)).OrderBy(l => l.Block.Value).ThenBy(l => l.Index)];
        return new SeenLogs(all, answers.Count, answers.Any(a => a.Count < all.Count));
    }
}

using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;

namespace Gateway.Server.Resilience;

/// <summary>Logs of a range, from every endpoint that could be asked.</summary>
/// <param name="Logs">What any of them has, once each, in the order of the chain.</param>
/// <param name="Answered">Who answered.</param>
/// <param name="LeftOut">How many logs each endpoint left out that another one has; only those that left out any.</param>
internal sealed record SeenLogs(IReadOnlyList<ChainLog> Logs, IReadOnlyList<string> Answered, IReadOnlyList<(string Endpoint, int Logs)> LeftOut)
{
    public int Answers => Answered.Count;

    /// <summary>Who did not answer since the range holds too much for it: of a smaller one it may.</summary>
    public IReadOnlyList<string> TooLargeFor { get; private init; } = [];

    public bool IsTooLargeForSome => TooLargeFor.Count > 0;

    /// <summary>Some have less than others.</summary>
    public bool IsDisputed => LeftOut.Count > 0;

    /// <param name="attempts">At least one of them an answer.</param>
    public static SeenLogs Of(IReadOnlyList<Attempt<IReadOnlyList<ChainLog>>> attempts)
    {
        var answers = attempts.Where(a => a.Failure is null).Select(a => (a.Endpoint.Name, Logs: a.Answer!)).ToList();
        List<ChainLog> all = [.. answers.SelectMany(a => a.Logs).DistinctBy(l => (l.TransactionHash, l.Index)).OrderBy(l => l.Block.Value).ThenBy(l => l.Index)];
        return new SeenLogs(all, [.. answers.Select(a => a.Name)], [.. answers.Where(a => a.Logs.Count < all.Count).Select(a => (a.Name, all.Count - a.Logs.Count))])
        {
            TooLargeFor = [.. attempts.Where(a => a.Failure is RpcRefusedException { Error: NodeError.RangeTooLarge }).Select(a => a.Endpoint.Name)],
        };
    }
}

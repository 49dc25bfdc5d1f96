using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;

namespace Gateway.Server.Resilience;

/// <summary>One outcome out of what each endpoint said to the same bytes (chain-and-transactions.md §0.2: no refusal by one proves that none accepted it).</summary>
internal static class BroadcastMerge
{
    /// <summary>Of several refusals the one that tells most about the transaction, before those that tell about a node's pool.</summary>
    private static readonly NodeError[] MostTelling =
    [
        NodeError.NonceTooLow, NodeError.InvalidTransaction, NodeError.InsufficientFunds, NodeError.ReplacementUnderpriced, NodeError.FeeBelowBaseFee,
        NodeError.Underpriced, NodeError.NonceTooHigh, NodeError.FutureReplacesPending, NodeError.PoolFull,
    ];

    /// <param name="outcomes">By endpoint. Endpoints on another chain are not among them.</param>
    public static SendOutcome Merge(IReadOnlyList<(string Endpoint, SendOutcome Outcome)> outcomes)
    {
        if (outcomes.Any(o => o.Outcome is SendOutcome.Accepted))
            return new SendOutcome.Accepted();
        if (outcomes.Count == 0)
            return new SendOutcome.Unknown("There is no endpoint on our chain to send it to.");
        var refusals = outcomes.Select(o => o.Outcome).OfType<SendOutcome.Refused>().ToList();
        if (refusals.Count == outcomes.Count)
            return refusals.OrderBy(r => RankOf(r.Error)).First();
        var unknown = outcomes.Select(o => o.Outcome).OfType<SendOutcome.Unknown>().First();
        return new SendOutcome.Unknown(string.Join(" ", outcomes.Select(o => $"{o.Endpoint}: {WordsOf(o.Outcome)}")), unknown.Cause);
    }

    private static int RankOf(NodeError error)
    {
        var rank = Array.IndexOf(MostTelling, error);
        return rank < 0 ? MostTelling.Length : rank;
    }

    private static string WordsOf(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Refused refused => refused.Message,
        SendOutcome.Unknown unknown => unknown.Why,
        _ => "accepted",
    };
}

using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;

namespace Gateway.Server.Settlement;

/// <summary>What several endpoints' words about the same bytes come to (chain-and-transactions.md §0.2).</summary>
internal static class Broadcasts
{
    /// <summary>One endpoint's word.</summary>
    public static Broadcast Of(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Accepted => Broadcast.Accepted,
        SendOutcome.Refused refused => Of(refused.Error),
        SendOutcome.Unknown => Broadcast.Unknown,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>All endpoints together. No refusal by one proves that none accepted, so any doubt outweighs it.</summary>
    public static BroadcastResult Of(IReadOnlyCollection<SendOutcome> outcomes)
    {
        var kinds = outcomes.Select(Of).ToHashSet();
        var kind = Array.Find(
            [Broadcast.Accepted, Broadcast.Consumed, Broadcast.Unknown, Broadcast.Outbid, Broadcast.OutOfFunds, Broadcast.Refused, Broadcast.Invalid],
            kinds.Contains);
        return new BroadcastResult(kind, kind == Broadcast.Accepted ? "" : string.Join(" | ", outcomes.Select(Words)));
    }

    private static Broadcast Of(NodeError error) => error switch
    {
        NodeError.AlreadyKnown => Broadcast.Accepted,
        NodeError.ReplacementUnderpriced => Broadcast.Outbid,
        NodeError.NonceTooLow => Broadcast.Consumed,
        NodeError.InsufficientFunds => Broadcast.OutOfFunds,
        NodeError.InvalidTransaction => Broadcast.Invalid,
        // This pool does not want it, now; another one may.
        NodeError.NonceTooHigh or NodeError.Underpriced or NodeError.PoolFull or NodeError.FutureReplacesPending or NodeError.FeeBelowBaseFee
            or NodeError.MethodNotFound or NodeError.InvalidRequest => Broadcast.Refused,
        // No word of a pool at all.
        NodeError.Unspecified or NodeError.Reverted or NodeError.OutOfGas or NodeError.BlockUnavailable or NodeError.RangeTooLarge
            or NodeError.RateLimited or NodeError.Busy => Broadcast.Unknown,
    };

    private static string Words(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Refused refused => refused.Message,
        SendOutcome.Unknown unknown => unknown.Why,
        _ => "accepted",
    };
}

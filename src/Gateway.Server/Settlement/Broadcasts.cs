using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;

namespace Gateway.Server.Settlement;

/// <summary>What the endpoints' common word about signed bytes means for the slot (chain-and-transactions.md §0.2).</summary>
internal static class Broadcasts
{
    public static BroadcastResult Of(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Accepted => new BroadcastResult(Broadcast.Accepted, ""),
        SendOutcome.Refused refused => new BroadcastResult(Of(refused.Error), refused.Message),
        SendOutcome.Unknown unknown => new BroadcastResult(Broadcast.Unknown, unknown.Why),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Broadcast Of(NodeError error) => error switch
    {
        NodeError.AlreadyKnown => Broadcast.Accepted,
        NodeError.ReplacementUnderpriced => Broadcast.Outbid,
        NodeError.NonceTooLow => Broadcast.Consumed,
        NodeError.InsufficientFunds => Broadcast.OutOfFunds,
        NodeError.InvalidTransaction => Broadcast.Invalid,
        // These pools do not want it, now; that may pass.
        NodeError.NonceTooHigh or NodeError.Underpriced or NodeError.PoolFull or NodeError.FutureReplacesPending or NodeError.FeeBelowBaseFee
            or NodeError.MethodNotFound or NodeError.InvalidRequest => Broadcast.Refused,
        // No word of a pool at all.
        NodeError.Unspecified or NodeError.Reverted or NodeError.OutOfGas or NodeError.BlockUnavailable or NodeError.RangeTooLarge
            or NodeError.RateLimited or NodeError.Busy => Broadcast.Unknown,
    };
}

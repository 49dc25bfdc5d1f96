using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Web.Rest;

/// <summary>A lease's state and reason in plain words, for the customer who pays for it.</summary>
internal static class LeaseWords
{
    public static string Explain(Wire.Lease lease)
    {
        var reason = Reason(lease.Reason);
        return reason.Length == 0 ? State(lease.State) : $"{State(lease.State)} {reason}";
    }

    private static string State(Wire.LeaseState state) => state switch
    {
        Wire.LeaseState.Unspecified => "Unknown.",
        Wire.LeaseState.Opening => "Waiting for the first payment to start.",
        Wire.LeaseState.Active => "Running, and paid.",
        Wire.LeaseState.Updating => "Running, and paid at the former price while the new one is being set.",
        Wire.LeaseState.Paused => "Paused.",
        Wire.LeaseState.Closing => "Ended; the payment is being stopped.",
        Wire.LeaseState.Closed => "Ended.",
        Wire.LeaseState.Rejected => "Could not be started.",
    };

    private static string Reason(Wire.Reason reason) => reason switch
    {
        Wire.Reason.Unspecified or Wire.Reason.Funded => "",
        Wire.Reason.Recovered => "It is paid again after an interruption.",
        Wire.Reason.RunwayLow => "The balance would have run out. Top up to go on.",
        Wire.Reason.FlowClosedByPayer => "You closed its payment in your wallet. Pay it again there, or open it anew.",
        Wire.Reason.FlowClosedByPayee => "The one who is paid closed the payment.",
        Wire.Reason.FlowLiquidated => "The balance ran out, and the payment was liquidated.",
        Wire.Reason.FlowRateLowered => "Its payment was lowered below the price.",
        Wire.Reason.PermissionRevoked => "The gateway has no permission any more: it can neither change nor stop this payment for you. Authorise it again.",
        Wire.Reason.AllowanceExhausted => "What the gateway was allowed to raise is used up. Authorise more.",
        Wire.Reason.InsufficientBalance => "The balance does not cover the buffer that Superfluid locks up. Top up.",
        Wire.Reason.ChainUnreachable => "The chain could not be read for too long, so nobody knows whether it is paid.",
        Wire.Reason.SettlementStalled => "The gateway's transaction does not get into a block. It goes on trying.",
        Wire.Reason.GasAboveCeiling => "Fees on the chain are above the gateway's limit. It goes on when they fall.",
        Wire.Reason.Uneconomic => "The fees would cost more than the payment is worth.",
        Wire.Reason.Isolated => "An operator of the gateway holds it by hand.",
        Wire.Reason.GraceExpired => "It was paused for too long and is being ended.",
        Wire.Reason.ClosedByScheduler => "Its VM was stopped.",
        Wire.Reason.PayeeRejected => "The one who is to be paid refuses the payment.",
        Wire.Reason.FlowClosedByOther => "Somebody else with permission on your account closed its payment.",
    };
}

using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>What we ourselves put into a flow for leases that we can no longer name: the journal had no room for them, only for their number.</summary>
/// <remarks>
/// It is kept like what is foreign, of which it is a part. Each lease that comes to the flow takes its leg out of it before anything is added, until as many
/// have come as it was for: a lost lease that is opened again must not be paid twice.
/// </remarks>
public sealed record UnclaimedRate(FlowRate Rate, uint Leases)
{
    public static readonly UnclaimedRate None = new(FlowRate.Zero, 0);

    /// <summary>What of a leg is there already.</summary>
    public FlowRate PartOf(FlowRate leg) => Leases == 0 ? FlowRate.Zero : FlowRate.Min(leg, Rate);

    /// <summary>The flow once a lease has taken its leg; nothing else of it has changed.</summary>
    internal static Flow Claim(Flow flow, FlowRate leg)
    {
        var part = flow.Unclaimed.PartOf(leg);
        var (rate, leases) = (flow.Unclaimed.Rate - part, flow.Unclaimed.Leases - Math.Min(1, flow.Unclaimed.Leases));
        // What no lease is left for was never ours, or is a payer's own.
        return flow with { Foreign = flow.Foreign - part, Unclaimed = leases == 0 || rate.IsZero ? None : new UnclaimedRate(rate, leases) };
    }

    /// <summary>The same, never more than what is foreign altogether.</summary>
    internal UnclaimedRate Within(FlowRate foreign) => Rate <= foreign ? this : foreign.IsZero ? None : this with { Rate = foreign };

    /// <summary>Every leg of a lease that has just come takes what is there for it.</summary>
    internal static Account ClaimAll(Account account, IEnumerable<(Address Payee, FlowRate Leg)> legs)
    {
        foreach (var (payee, leg) in legs)
            account = account with { Flows = account.Flows.SetItem(payee, Claim(account.Flows[payee], leg)) };
        return account;
    }
}

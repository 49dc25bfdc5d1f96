using System.Collections.Immutable;
using System.Numerics;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>
/// Where our own trim lets a flow carry less than its leases want, that is no disruption for as long as the node is owed little. When the flow cannot be raised again (no permission,
/// no allowance, no transaction gets in), what is owed grows: past a bound the VMs that it does not carry must not run.
/// </summary>
internal static class Owing
{
    /// <summary>Leases that run on a flow which owes too much, and which what it really carries does not pay.</summary>
    public static ImmutableHashSet<LeaseId> Unpaid(AccountBook book, AccountPolicy policy, BlockTime at) =>
        [.. book.Account.Flows.Values.Where(f => IsBeyond(book, f, policy, at)).SelectMany(f => Coverage.UncoveredBy(book, f, f.Observed.Rate))];

    /// <summary>When a flow that stays as it is comes to owe too much. Null: it does not.</summary>
    public static DateTimeOffset? NextAt(AccountBook book, Flow flow, AccountPolicy policy, BlockTime at)
    {
        if (flow.Correction.Lacking.IsZero || Drift.Of(book, flow, at) is not { IsCertain: true } drift)
            return null;
        var perSecond = Drifting.Metered(book, flow, at).Value - ((BigInteger)drift.Leg.WeiPerSecond * 1000);
        if (perSecond.Sign <= 0)
            return null;
        var left = Bound(book, flow, policy).Value + drift.Amount.Value;
        return left.Sign < 0 ? at.ToDateTimeOffset() : at.PlusSeconds((ulong)BigInteger.Min((left / perSecond) + 1, 365 * 86_400)).ToDateTimeOffset();
    }

    public static LeaseVerdict Verdict(AccountBook book, Lease lease, AccountObservation seen, SettlementOutlook outlook)
    {
        var lacking = book.Account.Flows.Values.Where(f => lease.Pays(f.Payee)).Aggregate(FlowRate.Zero, (sum, f) => sum + f.Correction.Lacking);
        var reason = !seen.Grant.CanUpdate ? Reason.PermissionRevoked
            : seen.Grant.Allowance < lacking ? Reason.AllowanceExhausted
            : outlook.WhyNot(Urgency.Raise) is var why && why != Reason.Unspecified ? why
            : Reason.SettlementStalled;
        var evidence = AccountMachine.Saw(seen, $"a flow lacks {lacking} that we could not add again, and owes more than is borne");
        return new LeaseVerdict(lease.Id, LeaseHealth.Bad, IsCertain: true, reason, seen.At.ToDateTimeOffset(), evidence, []);
    }

    private static bool IsBeyond(AccountBook book, Flow flow, AccountPolicy policy, BlockTime at) =>
        !flow.Correction.Lacking.IsZero && Drift.Of(book, flow, at) is { IsCertain: true } drift && drift.Amount + Bound(book, flow, policy) < MilliWei.Zero;

    /// <summary>The tolerance, at which the flow is to be raised, and as long as is borne until a raise is on chain.</summary>
    private static MilliWei Bound(AccountBook book, Flow flow, AccountPolicy policy) =>
        MilliWei.Of(book.LegsOf(flow.Payee), (long)(policy.DriftTolerance + policy.SettlementPatience).TotalMilliseconds);
}

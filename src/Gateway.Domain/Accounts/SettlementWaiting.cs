using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;

namespace Gateway.Domain.Accounts;

/// <summary>Leases whose price is not on chain yet: since when, and what they wait for.</summary>
internal static class SettlementWaiting
{
    /// <summary>Takes down since when a running VM is not paid its new price, and shows on a lease that is being opened why it is not yet.</summary>
    /// <param name="book">After the leases that this look shows paid were advanced.</param>
    /// <param name="risen">Payees whose flow rose since the look before: what is wanted of them does get on chain, and waits anew.</param>
    public static AccountBook Show(
        AccountBook book, ImmutableHashSet<Address> risen, SettlementOutlook outlook, DateTimeOffset at, List<Effect> effects)
    {
        var satisfied = book.Account.Flows.ToDictionary(f => f.Key, f => Coverage.SatisfiedBy(book, f.Value));
        foreach (var lease in book.Leases.Values)
        {
            DateTimeOffset? since = RunsUnderPrice(book, lease, satisfied)
                ? (lease.Payees.Any(p => risen.Contains(p.Address)) ? at : lease.UnsettledSince ?? at)
                : null;
            var next = since == lease.UnsettledSince ? lease : lease with { UnsettledSince = since };
            var reason = lease.State == LeaseState.Opening ? ReasonOf(lease, outlook) : lease.Reason;
            if (reason != lease.Reason)
            {
                next = next with { Reason = reason };
                effects.Add(AccountMachine.Note(next, NoteKind.Observation, reason == Reason.Unspecified ? "settlement goes on" : $"waits: {reason}"));
            }

            if (!ReferenceEquals(next, lease))
                book = book.With(next);
        }

        return book;
    }

    /// <summary>True where a VM has run at a price that the chain does not pay for longer than the policy bears: our own delay, and no default of the payer.</summary>
    public static bool IsOverdue(Lease lease, AccountPolicy policy, DateTimeOffset at) =>
        lease.UnsettledSince is { } since && at - since > policy.SettlementPatience;

    public static LeaseVerdict Overdue(Lease lease, AccountObservation seen, SettlementOutlook outlook)
    {
        var reason = outlook.WhyNot(Urgency.Raise) is var why && why == Reason.Unspecified ? Reason.SettlementStalled : why;
        var detail = $"the chain pays {lease.PaidRate}, the price is {lease.Rate}";
        var evidence = AccountMachine.Saw(seen, detail);
        return new LeaseVerdict(lease.Id, LeaseHealth.Bad, IsCertain: true, reason, lease.UnsettledSince, evidence, []);
    }

    /// <summary>A raise that the chain would refuse is no delay of ours: the lease says whose matter it is.</summary>
    private static bool RunsUnderPrice(AccountBook book, Lease lease, IReadOnlyDictionary<Address, ImmutableHashSet<LeaseId>> satisfied) =>
        lease is { State: LeaseState.Updating, MayRun: true } && lease.PaidRate < lease.Rate
        && lease.Reason is not (Reason.PermissionRevoked or Reason.AllowanceExhausted or Reason.InsufficientBalance or Reason.PayeeRejected)
        && !Coverage.IsFullyPaid(book, lease, satisfied);

    private static Reason ReasonOf(Lease lease, SettlementOutlook outlook) =>
        outlook.WhyNot(Urgency.Open) is var why && why != Reason.Unspecified ? why
        : SettlementOutlook.IsCauseOf(lease.Reason) ? Reason.Unspecified
        : lease.Reason;
}

using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>Which leases an observed flow carries, when it may not carry all of them.</summary>
/// <remarks>
/// The order is that in which VMs keep running: higher priority first, then the older lease. What is owed (paid before, or used until a pause is reported) is
/// served before what is wanted (an opening, a raise, a probe), so that a new lease never takes the cover of a VM that runs.
/// </remarks>
internal static class Coverage
{
    /// <summary>First to keep, last to pause.</summary>
    public static IOrderedEnumerable<Lease> InKeepingOrder(IEnumerable<Lease> leases) =>
        leases.OrderByDescending(l => l.Priority).ThenBy(l => l.OpenedAt).ThenBy(l => l.Id);

    /// <summary>Leases whose required leg to this payee no longer fits into the observed rate.</summary>
    public static ImmutableHashSet<LeaseId> UncoveredBy(AccountBook book, Flow flow) => UncoveredBy(book, flow, flow.Carrying);

    /// <param name="left">What of the flow there is for them.</param>
    public static ImmutableHashSet<LeaseId> UncoveredBy(AccountBook book, Flow flow, FlowRate left)
    {
        var uncovered = ImmutableHashSet.CreateBuilder<LeaseId>();
        foreach (var lease in InKeepingOrder(book.Leases.Values.Where(l => !l.RequiredFor(flow.Payee).IsZero)))
        {
            var required = lease.RequiredFor(flow.Payee);
            if (required > left)
                uncovered.Add(lease.Id);
            else
                left -= required;
        }

        return uncovered.ToImmutable();
    }

    /// <summary>Leases that get all they want from this flow beside what is foreign and what is owed to others.</summary>
    public static ImmutableHashSet<LeaseId> SatisfiedBy(AccountBook book, Flow flow)
    {
        var ours = flow.Carrying.MinusFloored(flow.Foreign);
        var owed = book.Leases.Values.Aggregate(FlowRate.Zero, (sum, l) => sum + l.OwedFor(flow.Payee));
        var left = ours.MinusFloored(owed);
        var satisfied = ImmutableHashSet.CreateBuilder<LeaseId>();
        foreach (var lease in InKeepingOrder(book.Leases.Values.Where(l => l.Pays(flow.Payee))))
        {
            var more = lease.WantedFor(flow.Payee).MinusFloored(lease.OwedFor(flow.Payee));
            if (more > left || (owed > ours && !lease.WantedFor(flow.Payee).IsZero))
                continue;
            left -= more;
            satisfied.Add(lease.Id);
        }

        return satisfied.ToImmutable();
    }

    /// <summary>True where every leg of the lease is carried as it is wanted, and none is withheld.</summary>
    public static bool IsFullyPaid(AccountBook book, Lease lease, IReadOnlyDictionary<Address, ImmutableHashSet<LeaseId>> satisfied) =>
        lease.Withheld.IsEmpty && lease.Payees.All(p => satisfied.TryGetValue(p.Address, out var leases) && leases.Contains(lease.Id));
}

using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;

namespace Gateway.Domain.Accounts;

/// <summary>What a verified look means beyond the breakers: warnings before, the close margin and the grace after a pause (decision 12).</summary>
internal static class Ladder
{
    /// <param name="verdicts">Of the same look, before the breakers moved by them.</param>
    public static Decision Apply(
        Decision decision,
        AccountObservation seen,
        IReadOnlyList<LeaseVerdict> verdicts,
        AccountPolicy policy,
        SettlementOutlook outlook,
        DateTimeOffset now)
    {
        var resuming = verdicts.Where(v => v.Health == LeaseHealth.Recoverable).Select(v => v.Lease).ToImmutableHashSet();
        // What this very look has paused is paused for the reason that it found.
        ImmutableHashSet<LeaseId> held = outlook.CanRaise
            ? [.. verdicts.Where(v => v.Health == LeaseHealth.Unknown && IsHeldByMoney(decision.Book, decision.Book.Leases[v.Lease], seen)).Select(v => v.Lease)]
            : [];
        var next = Cutting.Apply(decision, seen, policy, resuming, now);
        next = Gracing.Apply(next, seen, policy, resuming, held, now);
        return Warning.Apply(next, seen, policy);
    }

    /// <summary>Nothing keeps it from being resumed but that the account cannot carry it.</summary>
    private static bool IsHeldByMoney(AccountBook book, Lease lease, AccountObservation seen) =>
        lease is { State: LeaseState.Paused, Breaker.State: BreakerState.Open } && Assessing.CanBeRestored(book, lease, seen.Grant);
}

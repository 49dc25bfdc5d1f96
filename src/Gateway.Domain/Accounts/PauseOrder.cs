using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;

namespace Gateway.Domain.Accounts;

/// <summary>Which leases an account that runs dry can no longer carry, and which it can carry again.</summary>
/// <remarks>Lowest priority first, then the youngest, and only as many as bring the rest back above the margin; resumed in reverse, with hysteresis.</remarks>
internal static class PauseOrder
{
    /// <summary>Once the account is critical within this time, only what is on chain counts: a report, a block and its verification may take as long.</summary>
    private const ulong UnreportedSeconds = 60;

    public static (ImmutableHashSet<LeaseId> Short, ImmutableHashSet<LeaseId> Resumable) Choose(
        AccountBook book, AccountObservation seen, AccountPolicy policy)
    {
        var leases = book.Leases.Values.Where(l => l.State is not LeaseState.Closing && !l.IsEnded).ToList();
        var projection = Projection.OfDesired(book, seen);
        // A paused VM that has not been reported stopped still costs its price on chain; for the choice it counts as stopped already, as long as
        // there is time for the report and for what settlement makes of it.
        var isPressing = Solvency.CriticalAt(seen.AvailableBalance, seen.NetFlowRate, seen.At) is { } critical
            && critical <= seen.At.PlusSeconds(Math.Min(UnreportedSeconds, policy.PauseMarginSeconds / 2));
        foreach (var paused in leases.Where(l => l.Breaker.IsOpen && !(isPressing && l.MayRun)))
            projection = projection.Move(paused, paused.WantedRate, paused.StoppedRate);

        var running = new Stack<Lease>(Coverage.InKeepingOrder(leases.Where(l => !l.Breaker.IsOpen)));
        var shortOf = ImmutableHashSet.CreateBuilder<LeaseId>();
        while (running.Count > 0 && projection.IsCriticalWithin(policy.PauseMarginSeconds))
        {
            var lease = running.Pop();
            shortOf.Add(lease.Id);
            projection = projection.Move(lease, lease.WantedRate, lease.PausedRate);
        }

        return (shortOf.ToImmutable(), shortOf.Count > 0 ? [] : Resumable(leases.Where(l => Assessing.CanBeRestored(book, l, seen.Grant)), projection, policy));
    }

    private static ImmutableHashSet<LeaseId> Resumable(IEnumerable<Lease> leases, Projection projection, AccountPolicy policy)
    {
        var resumable = ImmutableHashSet.CreateBuilder<LeaseId>();
        foreach (var lease in Coverage.InKeepingOrder(leases.Where(l => l.Breaker.State == BreakerState.Open)))
        {
            var resumed = projection.Move(lease, lease.StoppedRate, lease.Rate);
            if (BreakerMoving.IsLiquidated(lease))
                resumed = resumed.MakeAgain(lease);
            if (resumed.AvailableBalance.IsNegative || resumed.IsCriticalWithin(policy.ResumeMarginSeconds))
                break; // In order: a smaller lease further down must not overtake one that was promised first.
            projection = resumed;
            resumable.Add(lease.Id);
        }

        return resumable.ToImmutable();
    }
}

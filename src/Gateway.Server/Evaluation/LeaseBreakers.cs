using System.Collections.Concurrent;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Evaluation;

/// <summary>Turns verdicts into moves of the stored breakers. The stored level is the truth; Polly says when it moves.</summary>
internal sealed class LeaseBreakers(IOptions<BreakerOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<LeaseId, LeaseCircuit> _live = new();

    /// <summary>Breakers in memory: leases that were seen in trouble and are not healthy yet.</summary>
    public int Live => _live.Count;

    /// <summary>What this verdict does to the lease's breaker; null: nothing.</summary>
    public BreakerStep? Record(Lease lease, LeaseVerdict verdict)
    {
        var step = lease.Breaker.State switch
        {
            BreakerState.Closed or BreakerState.Unspecified => WhileClosed(lease, verdict),
            BreakerState.Open => WhileOpen(lease, verdict),
            BreakerState.HalfOpen => WhileHalfOpen(lease, verdict),
            BreakerState.Isolated => null, // An operator's hand holds it; only his release lets go.
        };
        return step;
    }

    /// <summary>The stored state may differ from what this process believed (another replica, a lost commit): start again from the stored one.</summary>
    public void Forget(LeaseId lease) => _live.TryRemove(lease, out _);

    private BreakerStep? WhileClosed(Lease lease, LeaseVerdict verdict)
    {
        if (verdict.Health != LeaseHealth.Bad)
        {
            if (verdict.Health != LeaseHealth.Good)
                return null;
            Forget(lease.Id);
            return lease.Breaker.Strikes > 0 ? new BreakerStep.Strike(0) : null;
        }

        var circuit = CircuitOf(lease);
        if (verdict.IsCertain)
            circuit.RecordCertain();
        else
            circuit.Record(healthy: false);
        return circuit.IsOpen ? Opened(lease, verdict, circuit, failedProbes: 0) : new BreakerStep.Strike(lease.Breaker.Strikes + 1);
    }

    private BreakerStep.Move? WhileOpen(Lease lease, LeaseVerdict verdict)
    {
        var due = lease.Breaker.ProbeAt is not { } at || time.GetUtcNow() >= at;
        return verdict.Health == LeaseHealth.Recoverable && due
            ? new BreakerStep.Move(BreakerMove.Plain(BreakerState.HalfOpen, lease.Breaker.Reason))
            : null;
    }

    private BreakerStep.Move? WhileHalfOpen(Lease lease, LeaseVerdict verdict)
    {
        if (verdict.Health is not (LeaseHealth.Good or LeaseHealth.Bad))
            return null;
        var circuit = CircuitOf(lease);
        if (!circuit.Record(verdict.Health == LeaseHealth.Good))
            return null;
        if (circuit.IsOpen)
            return Opened(lease, verdict, circuit, failedProbes: 1);
        Forget(lease.Id);
        return new BreakerStep.Move(BreakerMove.Plain(BreakerState.Closed, Reason.Recovered) with { Evidence = verdict.Evidence });
    }

    private BreakerStep.Move Opened(Lease lease, LeaseVerdict verdict, LeaseCircuit circuit, int failedProbes)
    {
        var probeAt = time.GetUtcNow() + circuit.BreakFor(failedProbes);
        return new BreakerStep.Move(
            new BreakerMove(BreakerState.Open, verdict.Reason, probeAt, verdict.UnpaidFrom, verdict.Evidence, verdict.Uncovered));
    }

    private LeaseCircuit CircuitOf(Lease lease) =>
        _live.GetOrAdd(lease.Id, _ => new LeaseCircuit(options.Value, time).Restore(lease.Breaker, time.GetUtcNow()));
}

/// <summary>A step of one stored breaker.</summary>
internal abstract record BreakerStep
{
    private BreakerStep()
    {
    }

    /// <summary>Another uncertain bad look, or 0 after a good one.</summary>
    internal sealed record Strike(int Strikes) : BreakerStep;

    internal sealed record Move(BreakerMove To) : BreakerStep;
}

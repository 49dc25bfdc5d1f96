using Gateway.Domain.Leases;
using Gateway.Server.Leases.Validation;

namespace Gateway.Server.Leases;

/// <summary>Holds a call until its lease is in the state that it waits for, or can never be.</summary>
internal sealed class LeaseWaits(LeaseChanges changes, LeaseReader reader, IHostApplicationLifetime lifetime)
{
    /// <summary>The lease as it stands when the waiting is over: for the state, for the time, or because the gateway stops.</summary>
    /// <param name="wait">Null: no waiting.</param>
    public async Task<LeaseView> WaitAsync(LeaseView view, LeaseWait? wait, CancellationToken cancellationToken)
    {
        if (wait is null || IsOver(view.Lease, wait.For))
            return view;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            var id = view.Lease.Id;
            return await changes.WaitAsync(id, ct => reader.GetAsync(id, ct), lease => IsOver(lease, wait.For), wait.AtMost, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return view; // The gateway stops. What was asked for is stored, and goes on after it.
        }
    }

    private static bool IsOver(Lease lease, LeaseState wanted) =>
        lease.State == wanted || lease.IsEnded || (lease.State == LeaseState.Closing && wanted != LeaseState.Closed);
}

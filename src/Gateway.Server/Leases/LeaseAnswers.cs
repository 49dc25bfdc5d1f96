using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases.Validation;

namespace Gateway.Server.Leases;

/// <summary>How every change of a lease ends: with a look where no transaction will lead to one, with the wait that was asked for, with the lease.</summary>
internal sealed class LeaseAnswers(LeaseReader reader, LeaseWaits waits, LookQueue looks)
{
    public Task<LeaseView?> FindAsync(LeaseId id, CancellationToken cancellationToken) => reader.FindAsync(id, cancellationToken);

    /// <exception cref="Errors.LeaseNotFoundException">There is none of this id.</exception>
    public Task<LeaseView> GetAsync(LeaseId id, CancellationToken cancellationToken) => reader.GetAsync(id, cancellationToken);

    public Task<LeaseView> ViewAsync(Lease lease, CancellationToken cancellationToken) => reader.ViewAsync(lease, cancellationToken);

    /// <summary>The lease as a change of its account left it.</summary>
    public LeaseView Of(SessionResult result, LeaseId id)
    {
        if (result.HasChanged)
            looks.Ask(result.After, id);
        return new LeaseView(result.After.Leases[id], result.After.Account);
    }

    public Task<LeaseView> WaitAsync(LeaseView view, LeaseWait? wait, CancellationToken cancellationToken) => waits.WaitAsync(view, wait, cancellationToken);
}

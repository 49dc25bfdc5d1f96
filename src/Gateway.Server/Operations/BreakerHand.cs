using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases;
using Gateway.Server.Leases.Errors;

namespace Gateway.Server.Operations;

/// <summary>An engineer's hand on a lease's breaker: holds it open, and lets it go. Doing either twice is doing it once.</summary>
internal sealed class BreakerHand(AccountSession session, LeaseBreakers breakers, LeaseAnswers answers, TimeProvider time)
{
    /// <exception cref="LeaseNotFoundException">There is no such lease.</exception>
    /// <exception cref="LeaseEndedException">It is ending, or has.</exception>
    public Task<LeaseView> IsolateAsync(LeaseId id, string why, CancellationToken cancellationToken) => ChangeAsync(
        id,
        (book, lease) => lease.Breaker.State == BreakerState.Isolated ? null : AccountMachine.Isolate(book, id, why, time.GetUtcNow()),
        cancellationToken);

    /// <exception cref="LeaseNotFoundException">There is no such lease.</exception>
    /// <exception cref="LeaseEndedException">It is ending, or has.</exception>
    public Task<LeaseView> ReleaseAsync(LeaseId id, CancellationToken cancellationToken) => ChangeAsync(
        id,
        (book, lease) => lease.Breaker.State == BreakerState.Isolated ? AccountMachine.Release(book, id, time.GetUtcNow()) : null,
        cancellationToken);

    private async Task<LeaseView> ChangeAsync(LeaseId id, Func<AccountBook, Lease, Decision?> decide, CancellationToken cancellationToken)
    {
        var (known, _) = await answers.GetAsync(id, cancellationToken);
        var result = await session.ChangeAsync(
            known.Account,
            book =>
            {
                var lease = book.Leases[id];
                return lease.State == LeaseState.Closing || lease.IsEnded ? throw new LeaseEndedException(lease) : decide(book, lease);
            },
            cancellationToken,
            with: id);
        // What this process believed of the breaker is over: it is made anew from the stored one.
        if (result.HasChanged)
            breakers.Forget(id);
        return answers.Of(result, id);
    }
}

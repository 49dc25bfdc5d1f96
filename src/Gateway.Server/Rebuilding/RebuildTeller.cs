using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Storage;

namespace Gateway.Server.Rebuilding;

/// <summary>Says in logs and metrics what a rebuild came to: each thing once, however often it is repeated.</summary>
internal sealed partial class RebuildTeller(RebuildMetrics metrics, UnclaimedAccounts unclaimed, ILogger<RebuildTeller> logger)
{
    /// <summary>Named in one pass; an outage may strike all of them at once.</summary>
    private const int MostNamed = 16;

    /// <param name="restored">By this pass.</param>
    /// <param name="failed">That had not failed before.</param>
    /// <param name="isDisputed">Endpoints told different logs.</param>
    public void Tell(RebuildOutcome outcome, IReadOnlyCollection<RestoredAccount> restored, IReadOnlyCollection<FailedAccount> failed, bool isDisputed)
    {
        var leases = restored.SelectMany(r => r.Leases).Where(l => l.IsNew).ToList();
        var orphans = outcome.Unexplained.Count(f => f.IsOrphan);
        metrics.Restored(leases.Count, restored.Sum(r => r.Held.Length));
        metrics.Show(orphans, outcome.Failed.Length);
        if (restored.Count == 0 && failed.Count == 0 && outcome.Flows > 0)
            return; // The same that could not be restored before.
        if (isDisputed)
            LogDisputed(outcome.From, outcome.Through);
        foreach (var lease in leases)
            LogRestored(lease.Lease.Id, lease.Lease.Account, lease.Lease.Rate);
        foreach (var lease in restored.SelectMany(r => r.Held))
            LogHeld(lease);
        foreach (var lease in restored.SelectMany(r => r.Doubtful))
            LogDoubtful(lease);
        foreach (var flow in restored.SelectMany(r => r.Unexplained).Where(f => f.IsOrphan))
            LogOrphan(flow.Flow, flow.Rate, flow.Unclaimed, flow.UnclaimedLeases);
        Tell(failed);
        LogRead(outcome.From, outcome.Through, outcome.Flows, leases.Count, orphans, outcome.Failed.Length);
    }

    /// <summary>Somebody else leads: what there is to show is shown there.</summary>
    public void NotLeading() => metrics.Clear();

    /// <summary>The journal is read. What was missing is shown for as long as anything has no name.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (metrics.IsShown && !await unclaimed.AnyAsync(cancellationToken))
            metrics.Clear();
    }

    private void Tell(IReadOnlyCollection<FailedAccount> failed)
    {
        foreach (var account in failed.Where(f => f.IsUnreadable).Take(MostNamed))
            LogUnreadable(account.Account, account.Why);
        foreach (var account in failed.Where(f => f is { IsGivenUp: true, IsUnreadable: false }).Take(MostNamed))
            LogGivenUp(account.Account, RebuildProgress.MostTries, account.Why);
        foreach (var account in failed.Where(f => f is { IsGivenUp: false, IsUnreadable: false }).Take(MostNamed))
            LogFailed(account.Account, account.Why);
    }

    [LoggerMessage(EventId = 9101, Level = LogLevel.Warning, Message = "The journal on chain was read from block {From} to {Through}: {Flows} flows, {Leases} leases restored, {Orphans} flows that nobody's lease explains, {Failed} accounts that could not be restored.")]
    private partial void LogRead(BlockNumber from, BlockNumber through, int flows, int leases, int orphans, int failed);

    [LoggerMessage(EventId = 9102, Level = LogLevel.Warning, Message = "Lease {Lease} of {Account} was restored from the journal at {Rate}: its scheduler should open it again.")]
    private partial void LogRestored(LeaseId lease, AccountKey account, FlowRate rate);

    [LoggerMessage(EventId = 9103, Level = LogLevel.Error, Message = "Lease {Lease} is held: after the state that Redis was set back to, our own operations no longer paid it.")]
    private partial void LogHeld(LeaseId lease);

    [LoggerMessage(EventId = 9104, Level = LogLevel.Error, Message = "{Flow} flows at {Rate} by our hand; {Unclaimed} of it was for {Leases} leases that nobody can name until they are opened again.")]
    private partial void LogOrphan(FlowKey flow, FlowRate rate, FlowRate unclaimed, uint leases);

    [LoggerMessage(EventId = 9105, Level = LogLevel.Critical, Message = "The account {Account} cannot be restored before somebody mends what is stored of it: {Why}")]
    private partial void LogUnreadable(AccountKey account, string why);

    [LoggerMessage(EventId = 9106, Level = LogLevel.Error, Message = "Endpoints tell different logs of blocks {From} to {Through}: what any of them has is taken.")]
    private partial void LogDisputed(BlockNumber from, BlockNumber through);

    [LoggerMessage(EventId = 9107, Level = LogLevel.Error, Message = "Lease {Lease} stands in the journal and was not restored: others have changed a flow of it since. What is left of it waits until it is opened again.")]
    private partial void LogDoubtful(LeaseId lease);

    [LoggerMessage(EventId = 9108, Level = LogLevel.Error, Message = "The account {Account} could not be restored, and is tried again at every step: {Why}")]
    private partial void LogFailed(AccountKey account, string why);

    [LoggerMessage(EventId = 9109, Level = LogLevel.Critical, Message = "The account {Account} could not be restored at {Times} tries and is left out: nothing is opened on it until a rebuild that somebody asks for brings it back. {Why}")]
    private partial void LogGivenUp(AccountKey account, int times, string why);
}

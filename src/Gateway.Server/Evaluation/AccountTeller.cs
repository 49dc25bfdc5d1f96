using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Directives;
using Gateway.Server.Leases;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Evaluation;

/// <summary>Tells what was stored: this process at once, other replicas by hints. All of it may get lost, since everybody also looks by himself.</summary>
internal sealed partial class AccountTeller(
    LeaseChanges changes, DirectiveHub directives, SettlementSignal settlement, StoreHints hints, AccountMetrics metrics, ILogger<AccountTeller> logger)
{
    public async Task TellAsync(AccountBook before, CommitResult.Committed committed, IReadOnlyList<Effect> effects, CancellationToken cancellationToken)
    {
        var after = committed.Book;
        List<LeaseId> changed = [.. after.Leases.Values.Where(l => before.Leases.GetValueOrDefault(l.Id)?.Version != l.Version).Select(l => l.Id)];
        if (after.Account.Flows.Values.Any(f => before.Account.Flows.GetValueOrDefault(f.Payee)?.Generation != f.Generation))
            settlement.Wake();
        if (committed.Directives.Count > 0)
            directives.Wake();
        changes.Publish(after, changed);
        Count(before, committed, changed);
        foreach (var warn in effects.OfType<Effect.Warn>())
            Warn(after.Account.Key, warn.Warning);
        await HintAsync(after.Account.Key, changed, committed.Directives.Count > 0, cancellationToken);
    }

    private void Count(AccountBook before, CommitResult.Committed committed, List<LeaseId> changed)
    {
        foreach (var lease in changed.Select(id => committed.Book.Leases[id]))
        {
            var from = before.Leases.GetValueOrDefault(lease.Id)?.State ?? LeaseState.Unspecified;
            if (from == lease.State)
                continue;
            metrics.Leases.LeaseMoved(from, lease.State, lease.Reason);
            LogMoved(lease.Id, from, lease.State, lease.Reason);
        }

        foreach (var directive in committed.Directives)
            metrics.Leases.DirectiveIssued(directive.Execution, directive.Reason);
        metrics.Resync.Marked(before.Account, committed.Book.Account);
        metrics.Drift.Stored(before, committed.Book);
    }

    private void Warn(AccountKey account, AccountWarning warning)
    {
        metrics.Warnings.Told(warning);
        LogWarned(account, warning.Kind, warning.Threshold, warning.Runway);
        Activity.Current?.AddEvent(new ActivityEvent(
            GatewayTelemetry.Events.AccountWarning, tags: new() { ["kind"] = warning.Kind.ToString(), ["threshold"] = warning.Threshold?.ToString("c") }));
    }

    private async Task HintAsync(AccountKey account, List<LeaseId> changed, bool withDirectives, CancellationToken cancellationToken)
    {
        try
        {
            if (changed.Count > 0)
                await hints.LeasesChangedAsync(account, changed, cancellationToken);
            if (withDirectives)
                await hints.DirectivesIssuedAsync(account, cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            // The change is stored; other replicas find it by themselves, later.
            LogHintLost(e.Message);
        }
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "Lease {Lease}: {From} -> {To}, {Reason}")]
    private partial void LogMoved(LeaseId lease, LeaseState from, LeaseState to, Reason reason);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Warning, Message = "Account {Account}: {Kind}, threshold {Threshold}, runway {Runway}")]
    private partial void LogWarned(AccountKey account, WarningKind kind, TimeSpan? threshold, Runway runway);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "Other replicas were not told of a change: {Problem}")]
    private partial void LogHintLost(string problem);
}

/// <summary>What is counted of a change of an account.</summary>
internal sealed record AccountMetrics(GatewayMetrics Leases, ResyncMetrics Resync, WarningMetrics Warnings, DriftMetrics Drift);

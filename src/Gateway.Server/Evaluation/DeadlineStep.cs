using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Evaluation;

/// <summary>Looks at accounts whose deadline has come: the audit, a critical second that nears, a probe that is due.</summary>
internal sealed class DeadlineStep(
    AccountDeadlines deadlines, GlanceStep glances, EvaluationRunner runner, WatcherCursorStore cursors, ResyncMetrics metrics, TimeProvider time)
{
    /// <summary>Bounds one step, so that it never keeps the next one waiting for long. Most of them cost a glance.</summary>
    private const int Most = 512;

    /// <summary>Whoever claims an account and dies leaves it to others after this time; one that could not be looked at comes again then.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(5);

    /// <returns>How many were looked at; as many as the bound: there may be more.</returns>
    public async Task<(int Looked, bool MayBeMore)> RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var due = await deadlines.ClaimDueAsync(now, Hold, Most, cancellationToken);
        if (due.Count > 0 && await glances.SiftAsync(due, now + Hold, cancellationToken) is { Count: > 0 } full)
            await AuditAsync(full, cancellationToken);
        return (due.Count, due.Count == Most);
    }

    /// <summary>What the watcher has passed by, and nobody has looked at, got lost on its way: it is found here, later, and counted.</summary>
    private async Task AuditAsync(IReadOnlyCollection<AccountKey> due, CancellationToken cancellationToken)
    {
        var followed = await cursors.ReadAsync(cancellationToken);
        await runner.RunAsync(due, at: null, cancellationToken, change =>
        {
            if (followed is not null && change.Evidence.Block <= followed.Number)
                metrics.Repaired(ResyncCause.Log);
        });
    }
}

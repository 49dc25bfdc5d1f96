using Gateway.Server.Storage;

namespace Gateway.Server.Evaluation;

/// <summary>Looks at accounts whose deadline has come: the audit, a critical second that nears, a probe that is due.</summary>
internal sealed class DeadlineStep(AccountDeadlines deadlines, EvaluationRunner runner, TimeProvider time)
{
    /// <summary>Bounds one step, so that it never keeps the next one waiting for long.</summary>
    private const int Most = 64;

    /// <summary>Whoever claims an account and dies leaves it to others after this time; one that could not be looked at comes again then.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(5);

    /// <returns>How many were looked at; as many as the bound: there may be more.</returns>
    public async Task<(int Looked, bool MayBeMore)> RunOnceAsync(CancellationToken cancellationToken)
    {
        var due = await deadlines.ClaimDueAsync(time.GetUtcNow(), Hold, Most, cancellationToken);
        if (due.Count > 0)
            await runner.RunAsync(due, at: null, cancellationToken);
        return (due.Count, due.Count == Most);
    }
}

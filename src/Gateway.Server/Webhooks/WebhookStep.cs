using Gateway.Server.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Webhooks;

/// <summary>Delivers events that are due. One that is not taken waits longer each time, and is given up in the end.</summary>
internal sealed partial class WebhookStep(
    EventOutbox outbox, WebhookSender sender, WebhookMetrics metrics, IOptions<WebhookOptions> options, TimeProvider time, ILogger<WebhookStep> logger)
{
    private const int PerShard = 4;
    private const int AtATime = 8;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>Longer than all tries of one delivery take, as long as there is no other in front of it.</summary>
    private TimeSpan Hold => (options.Value.Timeout * 4) + TimeSpan.FromSeconds(30);

    /// <returns>How many were due.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var due = await outbox.ClaimDueAsync(time.GetUtcNow(), Hold, PerShard, cancellationToken);
        await Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken }, async (claimed, ct) => await DeliverAsync(claimed, ct));
        metrics.Waiting(await outbox.CountAsync(cancellationToken));
        return due.Count;
    }

    /// <summary>Time from a try that failed to the next one.</summary>
    internal static TimeSpan WaitAfter(int attempts)
    {
        var wait = FirstWait * (1L << Math.Min(attempts - 1, 20));
        return wait < LongestWait ? wait : LongestWait;
    }

    private async Task DeliverAsync(ClaimedEvent claimed, CancellationToken cancellationToken)
    {
        var told = claimed.Event;
        if (await sender.SendAsync(told, cancellationToken) is not { } problem)
        {
            await outbox.RemoveAsync(claimed, cancellationToken);
            metrics.Delivered(told.Type, WebhookOutcome.Delivered);
            return;
        }

        var now = time.GetUtcNow();
        if (now - told.CreatedAt >= options.Value.GiveUpAfter)
        {
            await outbox.RemoveAsync(claimed, cancellationToken);
            metrics.Delivered(told.Type, WebhookOutcome.GivenUp);
            LogGivenUp(told.Id, told.Type, problem, told.Json);
            return;
        }

        var tried = told with { Attempts = told.Attempts + 1, LastError = problem };
        await outbox.PutOffAsync(claimed.Shard, tried, now + WaitAfter(tried.Attempts), cancellationToken);
        metrics.Delivered(told.Type, WebhookOutcome.Failed);
        LogNotTaken(told.Id, told.Type, tried.Attempts, problem);
    }

    [LoggerMessage(EventId = 7501, Level = LogLevel.Warning, Message = "Event {Id} ({Type}) was not taken, try {Attempts}: {Problem}")]
    private partial void LogNotTaken(string id, string type, int attempts, string problem);

    [LoggerMessage(EventId = 7502, Level = LogLevel.Error, Message = "Event {Id} ({Type}) is given up: {Problem}. It was {Json}")]
    private partial void LogGivenUp(string id, string type, string problem, string json);
}

using System.Collections.Concurrent;
using Gateway.Client;
using Superfluid.Gateway.V1;

namespace Gateway.Benchmarks.Directives;

/// <summary>When a scheduler got each pause.</summary>
internal sealed class Pauses(SchedulerClient client, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<DateTimeOffset>> _told = new(StringComparer.Ordinal);

    /// <summary>Until cancelled. What comes is reported as done, so that it does not come again.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var directive in client.DirectivesAsync(cancellationToken: cancellationToken))
            {
                var at = time.GetUtcNow();
                if (directive.Execution == Execution.Pause)
                    SourceOf(directive.LeaseId).TrySetResult(at);
                await client.ReportAsync(directive, at, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    public Task<DateTimeOffset> OfAsync(string lease) => SourceOf(lease).Task;

    private TaskCompletionSource<DateTimeOffset> SourceOf(string lease) =>
        _told.GetOrAdd(lease, _ => new TaskCompletionSource<DateTimeOffset>(TaskCreationOptions.RunContinuationsAsynchronously));
}

using System.Collections.Concurrent;
using Grpc.Core;
using Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Chaos;

/// <summary>Does what it is told, says so, and remembers it.</summary>
internal sealed class ObedientScheduler(ChaosWorld world)
{
    private readonly ConcurrentQueue<Directive> _told = [];

    /// <summary>Each once, in the order in which they came.</summary>
    public IEnumerable<Directive> Told => _told.DistinctBy(d => d.DirectiveId);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var directive in world.Client.DirectivesAsync(cancellationToken: cancellationToken))
            {
                _told.Enqueue(directive);
                await ReportAsync(directive, cancellationToken);
            }
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            // The test is over.
        }
    }

    private async Task ReportAsync(Directive directive, CancellationToken cancellationToken)
    {
        try
        {
            await world.Client.ReportAsync(directive, TimeProvider.System.GetUtcNow(), cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable)
        {
            // It is handed over again.
        }
    }
}

using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>The head of all endpoints together: all are asked at once, the best answer counts, and it does not go back because one endpoint does.</summary>
internal sealed class PoolHead(IReadOnlyList<RpcEndpoint> endpoints, ChainMetrics metrics, TimeProvider time)
{
    /// <summary>How long the others are waited for once one has answered and shown nothing new.</summary>
    public static readonly TimeSpan Hedge = TimeSpan.FromMilliseconds(50);

    private readonly HeadTracker _tracker = new(time);
    private readonly Lock _lock = new();

    private BlockHeader? _latest;

    public async Task<BlockNumber> GetNumberAsync(CancellationToken cancellationToken)
    {
        var known = _tracker.Height;
        var answers = await AskAllAsync(e => e.Rpc.GetBlockNumberAsync(cancellationToken), static n => n, known, cancellationToken);
        var best = answers.Max(a => a.Answer);
        return _tracker.Saw(best, known) is HeadMove.Risen or HeadMove.Lowered ? best : _tracker.Height ?? best;
    }

    public async Task<BlockHeader> GetHeaderAsync(CancellationToken cancellationToken)
    {
        var known = _tracker.Height;
        var answers = await AskAllAsync(e => e.Rpc.GetLatestBlockAsync(cancellationToken), static h => h.Block.Number, known, cancellationToken);
        // Of equal heights the one of the endpoint that is configured first.
        var ordered = answers.OrderByDescending(a => a.Answer!.Block.Number).ThenBy(a => IndexOf(a.Endpoint)).ToList();
        var best = ordered[0].Answer!;
        foreach (var other in ordered.Where(a => a.Answer!.Block.Number == best.Block.Number && a.Answer.Block.Hash != best.Block.Hash))
            metrics.Contradicted(other.Endpoint.Name);
        lock (_lock)
        {
            var isOlder = _tracker.Saw(best.Block.Number, known) is not (HeadMove.Risen or HeadMove.Lowered) && _latest?.Block.Number > best.Block.Number;
            return isOlder ? _latest! : _latest = best;
        }
    }

    private async Task<List<Attempt<T>>> AskAllAsync<T>(
        Func<RpcEndpoint, Task<T>> ask, Func<T, BlockNumber> heightOf, BlockNumber? known, CancellationToken cancellationToken)
    {
        var pending = endpoints.Select(e => Attempt.OfAsync(e, ask)).ToList();
        List<Attempt<T>> answers = [];
        ChainException? failure = null;
        Task? hedge = null;
        while (pending.Count > 0)
        {
            var done = await Task.WhenAny(hedge is null ? pending : pending.Append(hedge));
            if (done is not Task<Attempt<T>> attempted)
                break;
            pending.Remove(attempted);
            var attempt = await attempted;
            failure = ReadRace.MoreTelling(failure, attempt.Failure);
            if (attempt.Failure is not null)
                continue;
            answers.Add(attempt);
            if (IsWorthGoingOnWith(heightOf(attempt.Answer!), known))
                break;
            hedge ??= Task.Delay(Hedge, time, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return answers.Count > 0 ? answers : throw failure!; // There is at least one endpoint.
    }

    // News, and nobody has announced newer ones: waiting for the others would only make it older. They still tell their heads when they answer.
    private bool IsWorthGoingOnWith(BlockNumber height, BlockNumber? known) =>
        known is { } before && height > before && endpoints.All(e => !(e.NewestHint > height));

    private int IndexOf(RpcEndpoint endpoint)
    {
        for (var i = 0; i < endpoints.Count; i++)
        {
            if (endpoints[i] == endpoint)
                return i;
        }

        return endpoints.Count;
    }
}

using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;

namespace Gateway.Server.Watching;

/// <summary>What one step of the re-scan came to.</summary>
/// <param name="Through">Every endpoint was asked for the logs up to and including this block; null where nothing has been followed yet.</param>
/// <param name="Missed">Accounts that nobody had looked at since a log touched them.</param>
/// <param name="IsBehind">There is more that may be asked for at once.</param>
internal sealed record Rescanned(BlockNumber? Through, int Missed, bool IsBehind);

/// <summary>Asks every endpoint again for what the watcher has followed a moment ago by the word of one: a node may leave logs out, and say nothing of it.</summary>
/// <remarks>
/// The watcher is fast and believes one endpoint; this is a second behind it and believes whoever has more (ADR 0014). It has a cursor of its own, so
/// nothing is left out by a restart. An account that somebody has looked at since the log needs no second look.
/// </remarks>
internal sealed class RescanStep(
    RpcPool rpc, SolvencyLogs solvency, GovernanceChanges governance, WatcherCursorStore cursors, TouchedAccounts accounts, TimeProvider time)
{
    private readonly LogRange _range = new();
    private readonly RescanClock _clock = new(time);

    /// <exception cref="ChainException">No endpoint answers. Nothing is lost: the cursor stays.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer. Likewise.</exception>
    public async Task<Rescanned> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (await cursors.ReadAsync(cancellationToken) is not { } followed)
            return new Rescanned(Through: null, Missed: 0, IsBehind: false);
        var last = await cursors.ReadRescannedAsync(cancellationToken) ?? await StartAsync(followed, cancellationToken);
        if (_clock.RipeAt(followed.Number, last) is not { } ripe)
            return new Rescanned(last, Missed: 0, IsBehind: false);

        var from = last.Plus(1);
        var to = _range.EndOf(from, ripe);
        if (await TryReadAsync(from, to, cancellationToken) is not { } seen)
            return new Rescanned(last, Missed: 0, IsBehind: true);
        if (seen.Answers < Wanted && !_clock.HasWaitedEnough)
            return new Rescanned(last, Missed: 0, IsBehind: false);

        await rpc.CompareAsync(to, cancellationToken);
        var touched = solvency.Read(seen.Logs);
        await governance.TakeOverAsync(touched.Parameters, cancellationToken);
        var missed = await accounts.LookAtMissedAsync(touched, cancellationToken);
        await cursors.SetRescannedAsync(to, cancellationToken);
        return new Rescanned(to, missed, IsBehind: to < ripe);
    }

    /// <summary>Two heads are better than one; more than there are cannot answer.</summary>
    private int Wanted => Math.Min(2, rpc.Endpoints.Count(e => !e.IsQuarantined));

    /// <summary>Begins as far back as is remembered of what was followed.</summary>
    private async Task<BlockNumber> StartAsync(SeenBlock followed, CancellationToken cancellationToken)
    {
        var headers = await cursors.HeadersAsync(cancellationToken);
        var first = headers.Count > 0 ? headers[0].Number : followed.Number;
        await cursors.SetRescannedAsync(first, cancellationToken);
        return first;
    }

    /// <returns>Null where the range was too large for an endpoint; a smaller one is asked for next time.</returns>
    private async Task<SeenLogs?> TryReadAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
    {
        try
        {
            var seen = await rpc.GetLogsOfAllAsync(solvency.OfRange(from, to), cancellationToken);
            if (seen.IsTooLargeForSome && _range.Shrink())
                return null;
            _range.Grow();
            return seen;
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.RangeTooLarge && _range.Shrink())
        {
            return null;
        }
    }
}

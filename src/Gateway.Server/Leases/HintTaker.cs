using Gateway.Server.Storage;

namespace Gateway.Server.Leases;

/// <summary>Brings one change of another replica to those who wait or watch here.</summary>
/// <remarks>A hint names leases, it does not carry them: they are read again. A hint that gets lost costs time only, since whoever waits also looks by himself.</remarks>
internal sealed partial class HintTaker(LeaseReader reader, LeaseChanges changes, ILogger<HintTaker> logger)
{
    public async Task TakeAsync(LeaseHint hint, CancellationToken cancellationToken)
    {
        if (!changes.AreWanted(hint.Leases))
            return;
        try
        {
            foreach (var view in await reader.ViewAsync(hint, cancellationToken))
                changes.Publish(view);
        }
        catch (StoreUnavailableException e)
        {
            LogHintLost(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A stored form that this version cannot read, say: it must not keep the next hint from being heard.
            LogFailed(e);
        }
    }

    [LoggerMessage(EventId = 3012, Level = LogLevel.Warning, Message = "What another replica changed could not be read: {Problem}")]
    private partial void LogHintLost(string problem);

    [LoggerMessage(EventId = 3013, Level = LogLevel.Error, Message = "A hint of another replica could not be followed")]
    private partial void LogFailed(Exception exception);
}

namespace Gateway.Server.Resilience;

/// <summary>Beats whenever an endpoint shows or announces a block that it had not before. Says only "look"; what there is to see is each endpoint's head.</summary>
internal sealed class HeadPulse
{
    private TaskCompletionSource _next = NewBeat();

    /// <summary>Completes at the next beat. To miss none: take it, then look, then wait for it.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Beat() => Interlocked.Exchange(ref _next, NewBeat()).TrySetResult();

    // Whoever beats has other things to do than to run those who wait.
    private static TaskCompletionSource NewBeat() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

namespace Gateway.Server.Directives;

/// <summary>Wakes whoever follows the directive log. A wake says "look again", never what there is: losing one costs a poll interval.</summary>
internal sealed class DirectiveHub
{
    private TaskCompletionSource _next = NewSignal();

    /// <summary>Completes at the next <see cref="Wake"/>. Take it before reading the log, or a directive may slip in between.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Wake() => Interlocked.Exchange(ref _next, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

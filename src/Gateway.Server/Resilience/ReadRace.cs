using System.Runtime.ExceptionServices;
using Gateway.Chain.Transport;

namespace Gateway.Server.Resilience;

/// <summary>Asks endpoints one after the other until one answers; one that takes long is not waited for, the next is asked beside it.</summary>
/// <remarks>The slow one is not cancelled: that it does not answer in its time is what its breaker must see.</remarks>
internal static class ReadRace
{
    /// <param name="order">The best one first; at least one.</param>
    /// <param name="isFinal">False for an answer that another endpoint may better ("I have no such block").</param>
    /// <param name="patience">How long the last one asked is waited for alone.</param>
    /// <exception cref="ChainException">None answered, or one said what every other would say.</exception>
    public static async Task<T> RunAsync<T>(
        IReadOnlyList<RpcEndpoint> order, Func<RpcEndpoint, Task<T>> read, Func<T, bool> isFinal, TimeSpan patience, TimeProvider time)
    {
        var asked = 1;
        List<Task<Attempt<T>>> pending = [Attempt.OfAsync(order[0], read)];
        Attempt<T>? empty = null;
        ChainException? failure = null;
        while (pending.Count > 0)
        {
            if (await TakeFirstAsync(pending, asked < order.Count ? patience : Timeout.InfiniteTimeSpan, time) is not { } attempt)
            {
                pending.Add(Attempt.OfAsync(order[asked++], read));
                continue;
            }

            if (attempt.Failure is null && isFinal(attempt.Answer!))
                return attempt.Answer!;
            if (attempt.Failure is { } failed && !EndpointFaults.IsWorthAnotherEndpoint(failed))
                ExceptionDispatchInfo.Throw(failed);
            empty = attempt.Failure is null ? attempt : empty;
            failure = MoreTelling(failure, attempt.Failure);
            if (asked < order.Count)
                pending.Add(Attempt.OfAsync(order[asked++], read));
        }

        return empty is not null ? empty.Answer! : throw failure!; // Each attempt ended in one of both.
    }

    /// <summary>Of two failures the one that came from asking.</summary>
    public static ChainException? MoreTelling(ChainException? first, ChainException? second) =>
        first is null or RpcFailedException { Failure: RpcFailure.NotAsked } ? second ?? first : first;

    /// <returns>Null where the time was over first.</returns>
    private static async Task<Attempt<T>?> TakeFirstAsync<T>(List<Task<Attempt<T>>> pending, TimeSpan patience, TimeProvider time)
    {
        using var enough = new CancellationTokenSource();
        var done = await Task.WhenAny(pending.Append(Task.Delay(patience, time, enough.Token)));
        await enough.CancelAsync();
        if (done is not Task<Attempt<T>> attempted)
            return null;
        pending.Remove(attempted);
        return await attempted;
    }
}

/// <summary>What asking one endpoint came to.</summary>
internal sealed record Attempt<T>(RpcEndpoint Endpoint, T? Answer, ChainException? Failure);

internal static class Attempt
{
    public static async Task<Attempt<T>> OfAsync<T>(RpcEndpoint endpoint, Func<RpcEndpoint, Task<T>> ask)
    {
        try
        {
            return new Attempt<T>(endpoint, await ask(endpoint), Failure: null);
        }
        catch (ChainException e)
        {
            return new Attempt<T>(endpoint, default, e);
        }
    }
}

using Gateway.Chain.Transport;
using Gateway.Server.Storage;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>Every call of one process to the outside: it takes time, its request or its answer may be lost, and the process may die or sleep in the middle.</summary>
internal sealed class ProcessCalls(VirtualTime time, ProcessClock clock, Random random, FaultSwitch faults, Action killed)
{
    private enum Fate
    {
        None,
        AnswerLost,
        NeverArrived,
        ArrivesLate,
        KilledBefore,
        KilledAfter,
        FrozenBefore,
        FrozenAfter,
    }

    public Task<T> StoreAsync<T>(Func<T> effect) => CallAsync(effect, static () => throw new StoreUnavailableException("no answer"));

    public Task<T> ChainAsync<T>(Func<T> effect) => CallAsync(effect, static () => throw Silence());

    /// <param name="doubt">The outcome where nothing is known.</param>
    public Task<T> CallAsync<T>(Func<T> effect, Func<T> doubt)
    {
        var source = new TaskCompletionSource<T>();
        var fate = NextFate();
        if (fate == Fate.FrozenBefore)
            clock.FreezeFor(Seconds(5, 40));
        if (fate == Fate.KilledBefore)
            killed();
        // What is not on its way yet waits until the process is awake, and never goes where it is dead.
        if (clock.IsFrozen || clock.IsDead)
            clock.After(Latency(), () => Arrive(source, effect, doubt, Fate.None));
        else
            time.After(Latency(), () => Arrive(source, effect, doubt, fate));
        return source.Task;
    }

    public static ChainException Silence() => new RpcFailedException(new RpcOrigin("simulated", "any"), RpcFailure.Timeout, "no endpoint has an answer");

    private void Arrive<T>(TaskCompletionSource<T> source, Func<T> effect, Func<T> doubt, Fate fate)
    {
        if (fate == Fate.ArrivesLate)
            time.After(Seconds(1, 25), () => Outcome(effect));
        var outcome = fate is Fate.NeverArrived or Fate.ArrivesLate ? Outcome(doubt) : Outcome(effect);
        if (fate == Fate.AnswerLost)
            outcome = Outcome(doubt);
        if (fate == Fate.KilledAfter)
            killed();
        if (fate == Fate.FrozenAfter)
            clock.FreezeFor(Seconds(5, 40));
        clock.After(TimeSpan.Zero, () => outcome(source));
    }

    private static Action<TaskCompletionSource<T>> Outcome<T>(Func<T> effect)
    {
        try
        {
            var result = effect();
            return source => source.SetResult(result);
        }
        catch (Exception e) when (e is ChainException or StoreUnavailableException)
        {
            return source => source.SetException(e);
        }
    }

    private Fate NextFate()
    {
        if (!faults.IsOn || random.Next(100) >= 3)
            return Fate.None;
        return random.Next(12) switch
        {
            < 3 when faults.Has(FaultKinds.LostAnswers) => Fate.AnswerLost,
            < 5 when faults.Has(FaultKinds.LostRequests) => Fate.NeverArrived,
            < 7 when faults.Has(FaultKinds.LateRequests) => Fate.ArrivesLate,
            7 when faults.Has(FaultKinds.Kills) => Fate.KilledBefore,
            8 when faults.Has(FaultKinds.Kills) => Fate.KilledAfter,
            9 when faults.Has(FaultKinds.Zombies) => Fate.FrozenBefore,
            10 when faults.Has(FaultKinds.Zombies) => Fate.FrozenAfter,
            _ => Fate.None,
        };
    }

    // Mostly milliseconds; now and then longer than a leadership lasts.
    private TimeSpan Latency() => random.Next(200) switch
    {
        0 when faults.IsOn => Seconds(5, 12),
        < 6 => Seconds(0.3, 2),
        _ => TimeSpan.FromMilliseconds(1 + random.Next(20)),
    };

    private TimeSpan Seconds(double least, double most) => TimeSpan.FromSeconds(least + (random.NextDouble() * (most - least)));
}

/// <summary>Which faults a run has, and whether they have stopped by now.</summary>
internal sealed class FaultSwitch(FaultKinds kinds)
{
    public bool IsOn { get; set; } = true;

    public bool Has(FaultKinds kind) => IsOn && (kinds & kind) != FaultKinds.None;
}

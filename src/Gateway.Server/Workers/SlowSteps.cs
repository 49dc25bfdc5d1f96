namespace Gateway.Server.Workers;

/// <summary>Loops with less to do than they must show that they live.</summary>
internal static class SlowSteps
{
    /// <summary>Looking at a clock costs nothing, and a loop that beats seldom is missed late.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    /// <summary>Runs a step every so often; one that throws is repeated as every step is.</summary>
    public static Task RunEveryAsync(
        this StepLoop loop, string name, TimeSpan interval, Func<CancellationToken, Task> step, TimeProvider time, CancellationToken stoppingToken)
    {
        var dueAt = DateTimeOffset.MinValue;
        var rest = interval < LongestRest ? interval : LongestRest;
        return loop.RunAsync(name, StepAsync, ct => Task.Delay(rest, time, ct), stoppingToken);

        async Task<bool> StepAsync(CancellationToken cancellationToken)
        {
            var now = time.GetUtcNow();
            if (now < dueAt)
                return false;
            await step(cancellationToken);
            dueAt = now + interval;
            return false;
        }
    }
}

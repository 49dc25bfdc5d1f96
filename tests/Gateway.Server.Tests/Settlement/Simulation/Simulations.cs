using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>What many runs came to.</summary>
internal sealed record SimulationReport(IReadOnlyCollection<SimulationResult> Results, IReadOnlyList<SimulationFailed> Failures, TimeSpan Took)
{
    public int Transactions => Results.Sum(r => r.Transactions);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Results.Count + Failures.Count} runs in {Took.TotalSeconds:F1} s: {Failures.Count} failed; {Transactions} transactions, {Results.Sum(r => r.Changes)} changes, "
        + $"{Results.Sum(r => r.Amendments)} amendments, {Results.Sum(r => r.Overtakings)} second slots, {Results.Sum(r => r.Strays)} strays, {Results.Sum(r => r.Processes)} processes, settled {Results.Select(r => r.ConvergedAfter).DefaultIfEmpty().Max().TotalSeconds:F0} s after the faults at the latest."
        + $"\n{string.Join('\n', Failures)}");
}

internal sealed record SimulationFailed(SimulationPlan Plan, Exception Why)
{
    /// <summary>What was broken; the type where it was nothing that is checked.</summary>
    public string What => Why is InvariantBrokenException broken ? broken.Invariant : Why.GetType().Name;

    public override string ToString() => $"GATEWAY_TEST_SIMULATION='{Plan}' {(Why is InvariantBrokenException ? Why.Message : Why)}";
}

internal static class Simulations
{
    /// <summary>Shrunk; more would only be the same again.</summary>
    private const int MostShrunk = 3;

    /// <returns>Null where all holds.</returns>
    public static SimulationFailed? Try(SimulationPlan plan, Variant variant, out SimulationResult? result)
    {
        result = null;
        try
        {
            result = SimulationRun.Run(plan, variant);
            return null;
        }
        catch (Exception e)
        {
            return new SimulationFailed(plan, e);
        }
    }

    /// <summary>As many seeds, on as many threads as there are processors: one run is always on one thread.</summary>
    public static SimulationReport Run(int count)
    {
        var since = Stopwatch.GetTimestamp();
        var (failures, results, seed) = (new ConcurrentBag<SimulationFailed>(), new ConcurrentBag<SimulationResult>(), 0);
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work)).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        var inOrder = failures.OrderBy(f => f.Plan.Seed).ToList();
        return new SimulationReport(results, [.. inOrder.Take(MostShrunk).Select(f => Shrink(f, Variant.Real)), .. inOrder.Skip(MostShrunk)], Stopwatch.GetElapsedTime(since));

        void Work()
        {
            while (Interlocked.Increment(ref seed) is var next && next <= count)
            {
                if (Try(SimulationPlan.Of(next), Variant.Real, out var result) is { } failed)
                    failures.Add(failed);
                else
                    results.Add(result!); // There is one where nothing failed.
            }
        }
    }

    /// <summary>The same failure with fewer kinds of faults, and then with fewer actions, half by half.</summary>
    public static SimulationFailed Shrink(SimulationFailed failed, Variant variant)
    {
        foreach (var kind in Enum.GetValues<FaultKinds>().Where(k => k != FaultKinds.None && failed.Plan.Faults.HasFlag(k)))
            failed = Fewer(failed, failed.Plan.Without(kind), variant);
        for (var size = failed.Plan.Actions.Count / 2; size > 0; size /= 2)
        {
            for (var from = 0; from < failed.Plan.Actions.Count;)
            {
                var fewer = Fewer(failed, failed.Plan.With(failed.Plan.Actions.Where((_, i) => i < from || i >= from + size)), variant);
                from += ReferenceEquals(fewer, failed) ? size : 0;
                failed = fewer;
            }
        }

        return failed;
    }

    private static SimulationFailed Fewer(SimulationFailed failed, SimulationPlan fewer, Variant variant) =>
        Try(fewer, variant, out _) is { } smaller && smaller.What == failed.What ? smaller : failed;
}

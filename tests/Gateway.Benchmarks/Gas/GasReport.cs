using Gateway.Benchmarks.Running;

namespace Gateway.Benchmarks.Gas;

/// <summary>Gas as tables.</summary>
internal sealed class GasReport(TextWriter output)
{
    public void Print(IReadOnlyList<GatewayBurst> bursts, IReadOnlyList<ArmResult> arms, TimeSpan target)
    {
        var changes = bursts.Sum(b => b.Changes.Count(c => c.Refusal is null));
        output.WriteLine($"{changes} changes, {bursts.Sum(b => b.Changes.Count(c => c.Refusal is not null))} refused\n");

        var table = new MarkdownTable("way", "transactions", "operations", "gas, M", "gas per change, k", "of the baseline", "saved by this step", "s behind the bursts");
        var baseline = arms[0].Gas;
        var former = baseline;
        foreach (var arm in arms)
        {
            table.Add([arm.Name, $"{arm.Transactions}", $"{arm.Operations}", .. Gas(arm.Gas, former), string.Join(" / ", arm.SecondsBehind)]);
            former = arm.Gas;
        }

        var gas = bursts.Aggregate(0UL, (sum, b) => sum + b.Gas);
        table.Add(
            ["**the gateway**", $"{bursts.Sum(b => b.Transactions.Count)}", "", .. Gas(gas, former), string.Join(" / ", bursts.Select(b => Seconds(b.Right)))]);
        table.Print(output);

        var perBurst = new MarkdownTable(
            "burst through the gateway", "changes", "transactions", "failed", "gas per change, k", "charged if half the limit is the least", $"all right after the last answer (target {target.TotalSeconds:0} s)");
        foreach (var burst in bursts)
        {
            var accepted = burst.Changes.Count(c => c.Refusal is null);
            perBurst.Add(
                burst.Name, $"{accepted}", $"{burst.Transactions.Count}", $"{burst.Transactions.Count(t => !t.Succeeded)}",
                Machine.Number(burst.Gas / 1000.0 / accepted), Machine.Number((double)burst.GasCharged / burst.Gas, "0.000") + " ×", Seconds(burst.Right));
        }

        perBurst.Print(output);
        foreach (var refused in bursts.SelectMany(b => b.Changes).Where(c => c.Refusal is not null).GroupBy(c => c.Refusal, StringComparer.Ordinal))
            output.WriteLine($"Refused {refused.Count()} times: {refused.Key}");

        string[] Gas(ulong used, ulong before) =>
        [
            Machine.Number(used / 1e6), Machine.Number(used / 1000.0 / changes), $"1/{Machine.Number((double)baseline / used)}",
            Machine.Number(100.0 * ((double)before - used) / baseline) + " %",
        ];
    }

    private static string Seconds(TimeSpan? time) => time is { } taken ? $"{Machine.Number(taken.TotalSeconds)} s" : "not in time";
}

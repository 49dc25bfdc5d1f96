using Gateway.Benchmarks.Running;

namespace Gateway.Benchmarks.Gas;

/// <summary>Gas as tables: the whole run way by way, and the gateway burst by burst.</summary>
internal sealed class GasReport(TextWriter output)
{
    public void Print(IReadOnlyList<GatewayBurst> bursts, IReadOnlyList<ArmResult> arms, TimeSpan target)
    {
        var changes = bursts.Sum(b => b.Accepted);
        output.WriteLine($"{changes} changes of VMs, {bursts.Sum(b => b.Changes.Count) - changes} refused.\n");
        PrintWays(bursts, arms, changes);
        PrintBursts(bursts, arms[0], target);
        foreach (var refused in bursts.SelectMany(b => b.Changes).Where(c => c.Refusal is not null).GroupBy(c => c.Refusal, StringComparer.Ordinal))
            output.WriteLine($"Refused {refused.Count()} times: {refused.Key}");
    }

    private void PrintWays(IReadOnlyList<GatewayBurst> bursts, IReadOnlyList<ArmResult> arms, int changes)
    {
        var table = new MarkdownTable("way", "transactions", "operations", "gas, M", "gas per change, k", "of the baseline", "part of the saving", "s behind the bursts");
        var (baseline, former) = (arms[0].Gas, arms[0].Gas);
        foreach (var arm in arms)
        {
            var behind = string.Join(" / ", arm.Bursts.Select(b => b.SecondsBehind));
            Row(arm.Name, arm.Bursts.Sum(b => b.Transactions), $"{arm.Bursts.Sum(b => b.Operations)}", arm.Gas, behind);
        }

        var gas = bursts.Aggregate(0UL, (sum, b) => sum + b.Gas);
        Row("**the gateway**, which does not know when a burst ends", bursts.Sum(b => b.Transactions.Count), "", gas, string.Join(" / ", bursts.Select(b => Seconds(b.Right))));
        table.Print(output);

        void Row(string name, int transactions, string operations, ulong used, string behind)
        {
            var saved = 100.0 * ((double)former - used) / baseline;
            table.Add(
                name, $"{transactions}", operations, Machine.Number(used / 1e6), Machine.Number(used / 1000.0 / changes),
                $"1/{Machine.Number((double)baseline / used)}", $"{Machine.Number(saved)} %", behind);
            former = used;
        }
    }

    private void PrintBursts(IReadOnlyList<GatewayBurst> bursts, ArmResult baseline, TimeSpan target)
    {
        var table = new MarkdownTable(
            "burst", "changes", "in s", "transactions", "failed", "gas per change, k", "baseline, k", "of the baseline", "charged under Helicon", $"all right, s after the last answer (≤ {target.TotalSeconds:0})");
        foreach (var (burst, plain) in bursts.Zip(baseline.Bursts))
        {
            // Half of the limit is charged at least: 1.000 means that nothing is paid for gas that was not used.
            var charged = burst.Gas == 0 ? "" : $"{Machine.Number((double)burst.GasCharged / burst.Gas, "0.000")} ×";
            var ratio = burst.Gas == 0 ? "nothing sent" : $"1/{Machine.Number((double)plain.Gas / burst.Gas)}";
            table.Add(
                burst.Name, $"{burst.Accepted}", Machine.Number(burst.Lasted.TotalSeconds), $"{burst.Transactions.Count}", $"{burst.Transactions.Count(t => !t.Succeeded)}",
                Machine.Number(burst.Gas / 1000.0 / burst.Accepted), Machine.Number(plain.Gas / 1000.0 / burst.Accepted), ratio, charged, Seconds(burst.Right));
        }

        table.Print(output);
    }

    private static string Seconds(TimeSpan? time) => time is { } taken ? Machine.Number(taken.TotalSeconds) : "not in time";
}

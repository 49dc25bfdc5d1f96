using System.CommandLine;
using System.Globalization;
using Gateway.Client;
using Google.Protobuf;
using Grpc.Core;
using Superfluid.Gateway.V1;

namespace Gateway.Server.Cli;

/// <summary><c>prices reprice</c>.</summary>
internal static class RepriceCommand
{
    /// <summary>More would scroll away whatever is said below them.</summary>
    private const int MostRows = 100;

    public static Command Create()
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var plan = new Option<string>("--plan") { Description = "Only leases of this plan.", DefaultValueFactory = _ => "" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only says what would change." };
        var batch = new Option<uint>("--batch") { Description = "Leases between two lines of progress: 1 to 1000; default 100." };
        var command = new Command("reprice", "Gives running leases that an older list priced the price of the one in force. Begun again it goes on where it was.")
        {
            address, json, plan, dryRun, batch,
        };
        command.SetAction((parsed, ct) => RunAsync(
            parsed.GetRequiredValue(address),
            parsed.GetValue(json),
            new RepriceLeasesRequest { Plan = parsed.GetRequiredValue(plan), DryRun = parsed.GetValue(dryRun), Batch = parsed.GetValue(batch) },
            ct));
        return command;
    }

    private static async Task<int> RunAsync(Uri address, bool asJson, RepriceLeasesRequest request, CancellationToken cancellationToken)
    {
        using var client = new SchedulerClient(address);
        var (told, last) = (new List<RepricedLease>(), new RepriceProgress());
        try
        {
            using var call = client.Operations.RepriceLeases(request, cancellationToken: cancellationToken);
            await foreach (var progress in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                last = progress;
                told.AddRange(progress.Leases.Where(l => l.Reason.Length > 0 || told.Count < MostRows));
                if (asJson)
                    await Console.Out.WriteLineAsync(JsonFormatter.Default.Format(progress));
                ProgressBar.Show(progress.Examined, progress.Total, string.Create(CultureInfo.InvariantCulture, $"{progress.Done} repriced, {progress.Failed} failed"));
            }
        }
        catch (RpcException e)
        {
            ProgressBar.End();
            await Console.Error.WriteLineAsync($"{e.StatusCode}: {e.Status.Detail}");
            await Console.Error.WriteLineAsync($"{last.Done} leases were repriced before that; the same command goes on from there.");
            return e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded ? GatewayConnection.NoGateway : GatewayConnection.BadNews;
        }

        ProgressBar.End();
        if (!asJson)
            foreach (var line in Show(request, told, last))
                await Console.Out.WriteLineAsync(line);
        return last.Failed > 0 ? GatewayConnection.BadNews : 0;
    }

    private static IEnumerable<string> Show(RepriceLeasesRequest request, List<RepricedLease> told, RepriceProgress last)
    {
        var (done, failed) = (told.Where(l => l.Reason.Length == 0).ToList(), told.Where(l => l.Reason.Length > 0).ToList());
        return
        [
            .. done.Count == 0 ? [] : GatewayConnection.Table(["LEASE", "TOKEN", "PLAN", "LIST", "RATE wei/s", "NEW RATE", "PAUSED", "NEW PAUSED"], done.Select(Row)),
            .. (ulong)done.Count < last.Done ? [$"… and {last.Done - (ulong)done.Count} more"] : Array.Empty<string>(),
            .. failed.Count == 0 ? [] : GatewayConnection.Table(["FAILED", "TOKEN", "PLAN", "REASON", "WHY"], failed.Select(f => new[] { f.LeaseId, f.Token, f.Plan, f.Reason, f.Detail })),
            .. GatewayConnection.Table(["TOKEN", "LEASES", "RATE wei/s", "NEW RATE"], last.Totals.Select(t => new[] { t.Token, $"{t.Leases}", t.FlowRateBefore, t.FlowRateAfter })),
            $"{last.Done} leases {(request.DryRun ? "would get" : "have")} the price of list {last.Version}, {last.Failed} {(request.DryRun ? "would not" : "do not")}; {last.Examined} were looked at",
        ];
    }

    private static string[] Row(RepricedLease l) =>
        [l.LeaseId, l.Token, l.Plan, l.VersionBefore, l.FlowRateBefore, l.FlowRateAfter, l.PausedFlowRateBefore, l.PausedFlowRateAfter];
}

/// <summary>How far something is, on the error output: a line that is written over on a terminal, and one after the other in a file.</summary>
internal static class ProgressBar
{
    private const int Width = 30;

    public static void Show(ulong done, ulong total, string what)
    {
        var full = (int)(total == 0 ? Width : Math.Min(Width, done * Width / total));
        var line = string.Create(CultureInfo.InvariantCulture, $"[{new string('#', full)}{new string('.', Width - full)}] {done} of {total} looked at, {what}");
        if (Console.IsErrorRedirected)
            Console.Error.WriteLine(line);
        else
            Console.Error.Write($"\r{line}");
    }

    public static void End()
    {
        if (!Console.IsErrorRedirected)
            Console.Error.WriteLine();
    }
}

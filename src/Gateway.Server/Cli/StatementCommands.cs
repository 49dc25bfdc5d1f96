using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Superfluid.Gateway.V1;

namespace Gateway.Server.Cli;

/// <summary><c>statements</c>.</summary>
internal static class StatementCommands
{
    public static Command Create() => new("statements", "Statements of payers.") { Verify(), Export() };

    private static Command Verify()
    {
        var address = GatewayConnection.Address();
        var payer = new Option<string>("--payer") { Description = "The payer's address.", Required = true };
        var token = new Option<string>("--token") { Description = "Symbol or address of the super token.", Required = true };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Begin of the period; without it the first lease." };
        var to = new Option<DateTimeOffset?>("--to") { Description = "End of the period; without it now." };
        var period = new Option<string>("--period") { Description = "A closed period instead, as in 2026-11.", DefaultValueFactory = _ => "" };
        var command = new Command("verify", "Derives every number of a statement again, from the chain and from execution reports; 1 where any differs.")
        {
            address, payer, token, from, to, period,
        };
        command.SetAction((parsed, ct) => VerifyAsync(
            parsed.GetRequiredValue(address),
            new GetStatementRequest
            {
                Payer = parsed.GetRequiredValue(payer),
                Token = parsed.GetRequiredValue(token),
                From = parsed.GetValue(from)?.ToTimestamp(),
                To = parsed.GetValue(to)?.ToTimestamp(),
                Period = parsed.GetRequiredValue(period),
            },
            ct));
        return command;
    }

    private static Command Export()
    {
        var address = GatewayConnection.Address();
        var directory = new Option<DirectoryInfo>("--directory") { Description = "Where the files go.", Required = true };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Periods that ended then or later." };
        var to = new Option<DateTimeOffset?>("--to") { Description = "Periods that ended then or before." };
        var command = new Command("export", "Writes closed periods as files, JSON and CSV, those that are not there yet; 1 where one that is there contradicts.") { address, directory, from, to };
        command.SetAction((parsed, ct) => ExportAsync(
            parsed.GetRequiredValue(address),
            parsed.GetRequiredValue(directory),
            new ExportStatementsRequest { From = parsed.GetValue(from)?.ToTimestamp(), To = parsed.GetValue(to)?.ToTimestamp() },
            ct));
        return command;
    }

    private static Task<int> ExportAsync(Uri address, DirectoryInfo directory, ExportStatementsRequest request, CancellationToken cancellationToken) =>
        GatewayConnection.RunAsync(address, async client =>
        {
            var counts = new Dictionary<ExportOutcome, int>();
            directory.Create();
            using var call = client.Accounts.ExportStatements(request, cancellationToken: cancellationToken);
            await foreach (var exported in StatementFiles.JoinAsync(call.ResponseStream.ReadAllAsync(cancellationToken)))
            {
                var outcome = await StatementFiles.WriteAsync(directory.FullName, exported, cancellationToken);
                counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
                if (outcome == ExportOutcome.Contradicts)
                    await Console.Error.WriteLineAsync($"{exported.Token} of {exported.Payer}, {exported.Closed.Name}: the file and what was closed differ. Left as it is.");
            }

            await Console.Out.WriteLineAsync($"{counts.GetValueOrDefault(ExportOutcome.Written)} written, {counts.GetValueOrDefault(ExportOutcome.Present)} there already");
            return counts.GetValueOrDefault(ExportOutcome.Contradicts) == 0 ? 0 : GatewayConnection.BadNews;
        });

    private static Task<int> VerifyAsync(Uri address, GetStatementRequest request, CancellationToken cancellationToken) =>
        GatewayConnection.RunAsync(address, async client =>
        {
            var counts = new Dictionary<Verdict, int>();
            using var call = client.Accounts.VerifyStatement(request, cancellationToken: cancellationToken);
            await foreach (var line in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                counts[line.Verdict] = counts.GetValueOrDefault(line.Verdict) + 1;
                foreach (var text in Show(line))
                    await Console.Out.WriteLineAsync(text);
            }

            await Console.Out.WriteLineAsync(
                $"{counts.GetValueOrDefault(Verdict.Equal)} equal, {counts.GetValueOrDefault(Verdict.Different)} different, {counts.GetValueOrDefault(Verdict.Unknown)} cannot be derived any more");
            return counts.GetValueOrDefault(Verdict.Different) == 0 ? 0 : GatewayConnection.BadNews;
        });

    internal static IEnumerable<string> Show(VerifiedLine line) => line.Verdict switch
    {
        Verdict.Equal => [$"{line.Part}/{line.Parts}  equal      {line.What}: {line.Stated}"],
        Verdict.Unknown => [$"{line.Part}/{line.Parts}  unknown    {line.What}: {line.Stated} ({line.Detail})"],
        _ => [$"{line.Part}/{line.Parts}  DIFFERENT  {line.What}: stated {line.Stated}", $"                derived {line.Derived} {line.Detail}".TrimEnd()],
    };
}

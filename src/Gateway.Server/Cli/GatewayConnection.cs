using System.CommandLine;
using System.CommandLine.Parsing;
using Gateway.Client;
using Gateway.Server.Configuration;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Server.Cli;

/// <summary>What every verb that asks a running gateway shares: where it is, how the answer is shown, what the exit code says.</summary>
internal static class GatewayConnection
{
    /// <summary>No gateway answers.</summary>
    public const int NoGateway = 3;

    /// <summary>It answers, and the answer is bad news.</summary>
    public const int BadNews = 1;

    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithIndentation().WithFormatDefaultValues(true));

    public static Option<Uri> Address() => new("--gateway")
    {
        Description = "The gateway's gRPC URL.",
        HelpName = "URL",
        DefaultValueFactory = _ => new Uri(new GrpcOptions().Url),
        // The library has no idea of URLs by itself, and says so only when the value is asked for.
        CustomParser = Parse,
    };

    public static Option<bool> AsJson() => new("--json") { Description = "The whole answer as JSON." };

    /// <summary>Asks, and shows the answer.</summary>
    /// <param name="show">For people; JSON needs none.</param>
    public static Task<int> AskAsync<TAnswer>(
        Uri address, bool asJson, Func<SchedulerClient, Task<TAnswer>> ask, Func<TAnswer, IEnumerable<string>> show)
        where TAnswer : IMessage => RunAsync(address, async client =>
        {
            var answer = await ask(client);
            if (asJson)
                await Console.Out.WriteLineAsync(Json.Format(answer));
            else
                foreach (var line in show(answer))
                    await Console.Out.WriteLineAsync(line);
            return 0;
        });

    /// <summary>Asks in its own way.</summary>
    /// <param name="verb">Ends with the exit code of what was answered.</param>
    public static async Task<int> RunAsync(Uri address, Func<SchedulerClient, Task<int>> verb)
    {
        using var client = new SchedulerClient(address);
        try
        {
            return await verb(client);
        }
        catch (RpcException e)
        {
            await Console.Error.WriteLineAsync($"{e.StatusCode}: {e.Status.Detail}");
            return e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded ? NoGateway : BadNews;
        }
    }

    private static Uri? Parse(ArgumentResult argument)
    {
        if (Uri.TryCreate(argument.Tokens[0].Value, UriKind.Absolute, out var url))
            return url;
        argument.AddError($"'{argument.Tokens[0].Value}' is no URL.");
        return null;
    }

    /// <summary>Columns as wide as their widest cell.</summary>
    public static IEnumerable<string> Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        List<IReadOnlyList<string>> all = [head, .. rows];
        var widths = head.Select((_, column) => all.Max(row => row[column].Length)).ToList();
        return all.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}

using System.CommandLine;
using Gateway.Benchmarks.Running;

namespace Gateway.Benchmarks.Directives;

/// <summary><c>directives</c>: from the block in which a customer closes his flow to the pause in the scheduler's hands, beside a poller as the peers have it.</summary>
internal sealed class DirectiveCommand(TextWriter output, TimeProvider time)
{
    private const int Payers = 4;

    private readonly Option<int> _repetitions = Numbers.Option("--repetitions", "Flows that are closed, one after the other.", 200);

    public Command Create()
    {
        var command = new Command("directives", "Block with a closed flow → directive at the client.") { _repetitions };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(_repetitions), cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(int repetitions, CancellationToken cancellationToken)
    {
        await using var world = await BenchWorld.StartAsync(Payers, cancellationToken);
        await using var server = await world.StartGatewayAsync(cancellationToken);
        await output.WriteLineAsync($"{Machine.Describe()}, Redis: {world.RedisKind}\n");
        using var run = new DirectiveRun(world, time);
        await Console.Error.WriteLineAsync("Opening…");
        await run.OpenAsync(repetitions, cancellationToken);
        await Console.Error.WriteLineAsync("Closing…");
        var found = await run.CloseAllAsync(cancellationToken);

        var table = new MarkdownTable("milliseconds from the order to mine the block", "samples", "p50", "p90", "p99", "most", "target");
        table.Add(["**pause at the scheduler**", .. found.Told.Cells(), "p50 30, p99 100"]);
        table.Add(["… from when the block is mined, as the miner answers", .. found.ToldAfterMined.Cells(), ""]);
        table.Add(["baseline: the block is mined", .. found.Mined.Cells(), ""]);
        table.Add(["baseline: a poller that reads every flow each 60 s", .. found.Polled.Cells(), ""]);
        table.Print(output);
        await output.WriteLineAsync($"Load after: {Machine.Load()}");
        return 0;
    }
}

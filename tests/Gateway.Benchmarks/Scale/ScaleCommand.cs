using System.CommandLine;
using Gateway.Benchmarks.Running;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing;

namespace Gateway.Benchmarks.Scale;

/// <summary><c>scale</c>: one replica with a million running leases and nothing to do but to see that nothing has changed.</summary>
internal sealed class ScaleCommand(TextWriter output, TimeProvider time)
{
    /// <summary>The local chain copies its whole state with every block, which takes it longer than everything that is measured here.</summary>
    private static readonly TimeSpan BlockTime = TimeSpan.FromSeconds(10);

    private readonly Option<int> _accounts = Numbers.Option("--accounts", "Accounts, each with one flow.", 100_000);
    private readonly Option<int> _leases = Numbers.Option("--leases-each", "Leases of each account.", 10);
    private readonly Option<int> _seconds = Numbers.Option("--seconds", "How long the idle gateway is watched.", 180);
    private readonly Option<int> _looks = Numbers.Option("--full-looks", "Accounts that are looked at in full, as if something had changed.", 5_000);

    public Command Create()
    {
        var command = new Command("scale", "A million leases in one process: memory, idle CPU, looks per second, start.") { _accounts, _leases, _seconds, _looks };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var world = await BenchWorld.StartAsync(payers: 1, cancellationToken, BlockTime);
        await using var receiver = await OtlpReceiver.StartAsync(cancellationToken);
        await output.WriteLineAsync($"{Machine.Describe()}, Redis: {world.RedisKind}\n");
        var (people, block) = await PopulateAsync(world, parsed, cancellationToken);
        await using var store = new SeededStore(world.RedisConnection);
        await Console.Error.WriteLineAsync("Writing the leases…");
        await store.WriteAsync(people, block, ScaleRun.Audit, time.GetUtcNow(), cancellationToken);

        var run = new ScaleRun(world, store, people, receiver, time);
        var found = await run.RunAsync(TimeSpan.FromSeconds(parsed.GetValue(_seconds)), parsed.GetValue(_looks), cancellationToken);
        Print(found, people, await store.UsedBytesAsync(cancellationToken));
        await output.WriteLineAsync($"Load after: {Machine.Load()}");
        return 0;
    }

    private async Task<(Population People, BlockRef Block)> PopulateAsync(BenchWorld world, ParseResult parsed, CancellationToken cancellationToken)
    {
        var chain = world.Devnet.Chain;
        var since = (await chain.Anvil.Rpc.GetLatestBlockAsync(cancellationToken)).Block.Time;
        var parameters = new TokenParameters(14_400, 1_800, TokenAmount.Zero);
        var people = new Population(parsed.GetValue(_accounts), parsed.GetValue(_leases), chain.Tokens.Aleph, parameters, since);
        await Console.Error.WriteLineAsync("Writing the flows…");
        await chain.Anvil.Control.MineAsync(cancellationToken);
        await new SeededChain(chain).WriteAsync(people, cancellationToken);
        return (people, (await chain.Anvil.Rpc.GetLatestBlockAsync(cancellationToken)).Block);
    }

    private void Print(ScaleFigures found, Population people, long redisBytes)
    {
        var leases = people.Accounts * people.LeasesEach;
        var breaker = BreakerWeight.BytesEach();
        var table = new MarkdownTable($"{leases} leases on {people.Accounts} accounts", "measured", "target", "beside it");
        table.Add("resident memory of the gateway", Mebibytes(found.ResidentBytes), "≤ 2048 MiB", $"{Mebibytes(breaker * leases)} more with a Polly breaker per lease, at {breaker} bytes");
        table.Add("… of which before there was any lease to look at", Mebibytes(found.ResidentAtStart), "–", $"in Redis: {Mebibytes(redisBytes)}");
        table.Add("CPU without events, of one core", $"{Machine.Number(found.IdleShare * 100)} %", "≤ 25 %", $"{Machine.Number(found.IdleShareInFull(people.Accounts) * 100)} % if every look of the audit were a full one");
        table.Add("accounts compared with the chain in the last minute", $"{found.Verified}", $"{people.Accounts}", "–");
        table.Add($"{ScaleRun.Resynced} leases read by a scheduler that lost everything, middle of three", $"{Machine.Number(found.Resync.TotalSeconds)} s", "1 s", "–");
        table.Add("start → ready", $"{Machine.Number(found.ReadyAfter.TotalSeconds)} s", "–", "nothing is loaded");
        table.Add("start → every account compared with the chain, all overdue", found.CaughtUpAfter is { } after ? $"{Machine.Number(after.TotalSeconds)} s" : "not while it was waited for", "–", $"{Machine.Number(found.GlancesPerSecond, "0")} accounts per second");
        table.Add("one account glanced at, CPU", $"{Machine.Number(found.GlanceCpu.TotalMicroseconds, "0")} µs", "–", $"all that the idle gateway does besides is in it; looked at in full: {Machine.Number(found.LookCpu.TotalMicroseconds, "0")} µs");
        table.Add("one account evaluated in full, p50 / p99", $"{Machine.Number(found.Looks.Percentile(50).TotalMilliseconds)} / {Machine.Number(found.Looks.Percentile(99).TotalMilliseconds)} ms", "–", $"{found.Looks.Count} of them, 16 at a time");
        table.Print(output);
    }

    private static string Mebibytes(long bytes) => $"{bytes / (1024 * 1024)} MiB";
}

using System.CommandLine;
using Gateway.Benchmarks.Bursts;
using Gateway.Benchmarks.Directives;
using Gateway.Benchmarks.Faults;
using Gateway.Benchmarks.Gas;
using Gateway.Benchmarks.Latency;
using Gateway.Benchmarks.Ledgers;
using Gateway.Benchmarks.Prediction;
using Gateway.Benchmarks.Scale;
using Gateway.Benchmarks.Throughput;

var root = new RootCommand("What the gateway costs and how fast it is, on real parts, beside a baseline of the same run.")
{
    new GasCommand(Console.Out, TimeProvider.System).Create(),
    new LatencyCommand(Console.Out, TimeProvider.System).Create(),
    new ThroughputCommand(Console.Out, TimeProvider.System).Create(),
    new FaultsCommand(Console.Out, TimeProvider.System).Create(),
    new ScaleCommand(Console.Out, TimeProvider.System).Create(),
    new LedgerCommand(Console.Out, TimeProvider.System).Create(),
    new DirectiveCommand(Console.Out, TimeProvider.System).Create(),
    new BurstCommand(Console.Out).Create(),
    new PredictionCommand(Console.Out, TimeProvider.System).Create(),
};
return await root.Parse(args).InvokeAsync();

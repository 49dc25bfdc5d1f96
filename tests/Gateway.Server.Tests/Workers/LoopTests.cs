using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Devnet.Parts;
using Gateway.Devnet.World;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases;
using Gateway.Server.Payees;
using Gateway.Server.Pricing;
using Gateway.Server.Rebuilding;
using Gateway.Server.Resilience;
using Gateway.Server.Settlement;
using Gateway.Server.Telemetry;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Pricing;
using Gateway.Server.Tests.Settlement;
using Gateway.Server.Watching;
using Gateway.Server.Webhooks;
using Gateway.Server.Workers;
using Gateway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Server.Tests.Workers;

/// <summary>Each loop of a whole gateway is stopped once: nobody may have to find out by what it no longer does.</summary>
public sealed class LoopTests(SteppedWorld stepped) : IClassFixture<SteppedWorld>, IAsyncLifetime
{
    private const string Heads = "heads anvil";

    /// <summary>Real time, until every other loop has shown that it lives: most of them need a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ShiftedTime _time = new();
    private readonly string _prices = PriceFiles.Write(PriceFiles.Of("1"));
    private WebApplication _app = null!; // Set before the test runs.
    private Uri _http = null!; // Set before the test runs.

    public static TheoryData<string, Type> All { get; } = new()
    {
        { Loops.Chain, typeof(ChainGate) },
        { Loops.Deadlines, typeof(DeadlineWorker) },
        { Loops.Hints, typeof(HintListener) },
        { Loops.Ledgers, typeof(LedgerWorker) },
        { Loops.Looks, typeof(LookQueue) },
        { Loops.Payees, typeof(PayeesWorker) },
        { Loops.Prices, typeof(PricesWorker) },
        { Loops.Rebuild, typeof(RebuildWorker) },
        { Loops.Rescan, typeof(RescanWorker) },
        { Loops.Settlement, typeof(SettlementWorker) },
        { Loops.Stall, typeof(StallWorker) },
        { Loops.UsdPrices, typeof(UsdPricesWorker) },
        { Loops.Watcher, typeof(WatcherWorker) },
        { Loops.Webhooks, typeof(WebhookWorker) },
        { Heads, typeof(HeadWorker) },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var ports = FreePorts.Fill(0, 0);
        _http = new Uri($"http://127.0.0.1:{ports[1]}");
        _app = GatewayApplication.Build([], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection(GatewaySettings.Of(stepped.World));
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Gateway:Grpc:Url"] = $"http://127.0.0.1:{ports[0]}",
                ["Gateway:Http:Url"] = _http.ToString(),
                // Nobody listens there, and nothing is told: it is the loop that must run.
                ["Gateway:Webhooks:Url"] = "http://127.0.0.1:1/",
                ["Gateway:Prices:File"] = _prices,
                ["Gateway:Prices:Usd:USDCx:Fixed"] = "1",
                // Likewise: nobody is asked whether he may be paid.
                ["Gateway:PayeeDirectory:Source"] = "/nowhere/payees.json",
                ["Gateway:Webhooks:Secret"] = "a secret of sixteen and more",
            });
            builder.Services.AddSingleton<TimeProvider>(_time);
        });
        await _app.StartAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    [Theory]
    [Regression(35)]
    [Incident("1.3.1")]
    [Incident("1.3.2")]
    [MemberData(nameof(All))]
    public async Task A_loop_that_stopped_turns_readiness_red_and_raises_its_metric(string loop, Type worker)
    {
        using var steps = new StepsOfOthers(_app.Services, loop);
        await _app.Services.GetServices<IHostedService>().Single(worker.IsInstanceOfType).StopAsync(Cancellation);

        _time.Advance(LoopWatch.Stale);
        await steps.WhenAllRanAsync(Patience, Cancellation);

        // That it alone was still was seen; meanwhile another one may be, on a machine that has much to do.
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: true);
        using var answer = await http.GetAsync(new Uri(_http, "readyz"), Cancellation);
        var told = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("workers: Unhealthy.", told, StringComparison.Ordinal);
        // It may have been stopped before its first step.
        Assert.Matches($"{loop} has (not finished a step since|never begun)", told);
        Assert.Contains(loop, Still());
    }

    [Fact]
    public void Every_loop_and_every_worker_is_one_of_those_that_are_stopped_here()
    {
        var workers = typeof(GatewayApplication).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(BackgroundService)));

        Assert.Equal(_app.Services.GetRequiredService<Loops>().Expected.Order(StringComparer.Ordinal), All.Select(a => a.Data.Item1).Order(StringComparer.Ordinal));
        Assert.Equal(workers.Select(t => t.Name).Order(StringComparer.Ordinal), All.Select(a => a.Data.Item2.Name).Order(StringComparer.Ordinal));
    }

    private List<string> Still()
    {
        List<string> still = [];
        var meters = _app.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == GatewayTelemetry.Instruments.LoopStill && ReferenceEquals(instrument.Meter.Scope, meters))
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) =>
        {
            if (value == 1)
                still.Add((string)tags[0].Value!);
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return still;
    }

    /// <summary>Completes when the stopped loop alone stands still: every other one has finished a step since the clock was put forward.</summary>
    private sealed class StepsOfOthers : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public StepsOfOthers(IServiceProvider services, string stopped)
        {
            var (meters, watch) = (services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<LoopWatch>());
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == GatewayTelemetry.Instruments.StepDuration && ReferenceEquals(instrument.Meter.Scope, meters))
                    listener.EnableMeasurementEvents(instrument);
            };
            // A step is measured after its heart has beaten.
            _listener.SetMeasurementEventCallback<double>((_, _, _, _) =>
            {
                if (watch.Snapshot().Where(l => l.IsStill).Select(l => l.Name).SequenceEqual([stopped]))
                    _all.TrySetResult();
            });
            _listener.Start();
        }

        public Task WhenAllRanAsync(TimeSpan patience, CancellationToken cancellationToken) => _all.Task.WaitAsync(patience, TimeProvider.System, cancellationToken);

        public void Dispose() => _listener.Dispose();
    }
}

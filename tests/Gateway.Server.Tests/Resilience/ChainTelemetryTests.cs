using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Resilience;
using Gateway.Server.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

public sealed class ChainTelemetryTests : PoolTest
{
    private static readonly ActivitySource Test = new(nameof(ChainTelemetryTests));

    [Fact]
    public async Task A_call_below_a_span_is_a_span_by_the_conventions_for_JSON_RPC()
    {
        var spans = await SpansOfAsync(() => BalanceAsync());

        var span = Assert.Single(spans, s => s.OperationName == "eth_getBalance");
        Assert.Equal(ActivityKind.Client, span.Kind);
        Assert.Equal(
            [("rpc.system", "jsonrpc"), ("rpc.method", "eth_getBalance"), ("jsonrpc.protocol.version", "2.0"), ("server.address", "first")],
            span.TagObjects.Select(t => (t.Key, (string?)t.Value)));
    }

    [Fact]
    public async Task A_refused_call_says_so_on_its_span()
    {
        First.Refuse("eth_getBalance", -32602, "invalid params");
        var spans = await SpansOfAsync(() => Assert.ThrowsAsync<RpcRefusedException>(() => BalanceAsync()));

        var span = Assert.Single(spans, s => s.OperationName == "eth_getBalance");
        Assert.Equal((ActivityStatusCode.Error, "refused", "-32602"), (span.Status, span.GetTagItem("error.type"), span.GetTagItem("rpc.response.status_code")));
    }

    [Fact]
    public async Task Calls_of_nobody_make_no_spans_and_no_span_ever_shows_a_key()
    {
        var spans = await SpansOfAsync(() => BalanceAsync(), parent: null);
        Assert.Empty(spans);

        First.FailWith(502, "<html>");
        spans = await SpansOfAsync(() => BalanceAsync());
        Assert.All(spans, s => Assert.DoesNotContain("secret", s.DisplayName + s.StatusDescription + string.Join(' ', s.TagObjects), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Calls_are_measured_by_endpoint_method_and_outcome()
    {
        using var calls = new Measured<double>(Services, GatewayTelemetry.Instruments.ChainCallDuration);
        First.FailWith(502, "<html>", method: "eth_getBalance");
        await BalanceAsync();
        Second.Refuse("eth_call", 3, "execution reverted");
        First.FailWith(429, "slow down", method: "eth_call");
        await Assert.ThrowsAsync<ExecutionRevertedException>(() => Pool.CallAsync(new CallRequest(Account, []), new BlockNumber(100), Cancellation));

        Assert.Equal(
            [
                "endpoint=first method=eth_chainId outcome=ok",
                "endpoint=first method=eth_getBalance outcome=failed",
                "endpoint=first method=eth_getBalance outcome=failed",
                "endpoint=second method=eth_chainId outcome=ok",
                "endpoint=second method=eth_getBalance outcome=ok",
                "endpoint=first method=eth_call outcome=rate_limited",
                "endpoint=second method=eth_call outcome=reverted",
            ],
            calls.Tags);
    }

    [Fact]
    public async Task How_far_an_endpoint_is_behind_is_a_gauge()
    {
        using var lag = new Measured<long>(Services, GatewayTelemetry.Instruments.ChainHeadLag);
        Second.Head = 103;
        await Pool.GetBlockNumberAsync(Cancellation);
        lag.Observe();

        Assert.Equal(["3 endpoint=first", "0 endpoint=second"], lag.Values);
    }

    [Fact]
    public async Task Steps_back_and_contradictions_are_counted_by_endpoint()
    {
        using var regressions = new Measured<long>(Services, GatewayTelemetry.Instruments.ChainHeadRegressions);
        using var contradictions = new Measured<long>(Services, GatewayTelemetry.Instruments.ChainContradictions);
        Second.Fork = 'f';
        await Pool.GetLatestBlockAsync(Cancellation);
        First.Head = 99;
        await Pool.GetLatestBlockAsync(Cancellation);

        Assert.Equal(["1 endpoint=second"], contradictions.Values);
        Assert.Equal(["1 endpoint=first"], regressions.Values);
    }

    [Fact]
    public async Task Logs_that_an_endpoint_left_out_are_counted_by_endpoint()
    {
        using var leftOut = new Measured<long>(Services, GatewayTelemetry.Instruments.ChainLogsLeftOut);
        First.Answer("eth_getLogs", _ => new JsonArray());
        Second.Answer("eth_getLogs", _ => new JsonArray(RpcPoolReadTests.Log(block: 98, index: 2), RpcPoolReadTests.Log(block: 98, index: 3)));

        await Pool.GetLogsOfAllAsync(LogFilter.OfRange(new BlockNumber(98), new BlockNumber(98), []), Cancellation);

        Assert.Equal(["2 endpoint=first"], leftOut.Values);
    }

    private static async Task<IReadOnlyList<Activity>> SpansOfAsync(Func<Task> act, string? parent = "parent")
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        Activity? root = null;
        using var listener = new ActivityListener();
        listener.ShouldListenTo = source => source.Name == nameof(ChainTelemetryTests) || source.Name == GatewayTelemetry.ChainSourceName || source.Name == "System.Net.Http";
        listener.Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded;
        // Other tests run beside this one: only what is below our span is ours.
        listener.ActivityStopped = span =>
        {
            if (root is null ? span.ParentId is null && span.Source.Name == GatewayTelemetry.ChainSourceName : span.TraceId == root.TraceId)
                spans.Enqueue(span);
        };
        ActivitySource.AddActivityListener(listener);
        using var started = root = parent is null ? null : Test.StartActivity(parent);
        await act();
        return [.. spans];
    }

    /// <summary>What one instrument of this test's own meters recorded.</summary>
    private sealed class Measured<T> : IDisposable
        where T : struct
    {
        private readonly MeterListener _listener = new();
        private readonly System.Collections.Concurrent.ConcurrentQueue<(T Value, string Tags)> _recorded = new();

        public Measured(IServiceProvider services, string instrument)
        {
            // The factory's scope tells this test's meters from those of others that run beside it.
            var factory = services.GetRequiredService<IMeterFactory>();
            _ = services.GetRequiredService<RpcPool>();
            _listener.InstrumentPublished = (published, listener) =>
            {
                if (published.Name == instrument && published.Meter.Scope == factory)
                    listener.EnableMeasurementEvents(published);
            };
            _listener.SetMeasurementEventCallback<T>((_, value, tags, _) =>
                _recorded.Enqueue((value, string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}")))));
            _listener.Start();
        }

        public IEnumerable<string> Tags => _recorded.Select(r => r.Tags);

        public IEnumerable<string> Values => _recorded.Select(r => $"{r.Value} {r.Tags}");

        public void Observe() => _listener.RecordObservableInstruments();

        public void Dispose() => _listener.Dispose();
    }
}

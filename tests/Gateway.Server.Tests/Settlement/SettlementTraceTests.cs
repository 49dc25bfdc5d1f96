using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Telemetry;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>From the request to the verified transaction: one connected trace, whatever batch it went with and whichever process ended it.</summary>
public abstract class SettlementTraceTests(StorageKind kind) : SettlementTest(kind)
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private ActivityListener? _listener;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == GatewayTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public override async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task One_request_is_one_chain_of_spans_down_to_the_verified_transaction()
    {
        var request = NewContext();
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000, trace: request);

        await SettleAsync(process);

        var plan = OnlySpan(GatewayTelemetry.Spans.SettlementPlan, request);
        Assert.Equal(SpanOf(request), plan.ParentSpanId);
        Assert.Empty(plan.Links);
        var attempt = OnlySpan(GatewayTelemetry.Spans.SettlementAttempt, request);
        Assert.Equal(plan.SpanId, attempt.ParentSpanId);
        var verify = OnlySpan(GatewayTelemetry.Spans.SettlementVerify, request);
        Assert.Equal(attempt.SpanId, verify.ParentSpanId);
        Assert.Equal(Chain.Sent[0].Hash.ToString(), attempt.GetTagItem(GatewayTelemetry.Attributes.TransactionHash));
        Assert.Equal(0L, attempt.GetTagItem(GatewayTelemetry.Attributes.Nonce));
        Assert.Equal(Chain.Sent[0].Hash.ToString(), verify.GetTagItem(GatewayTelemetry.Attributes.TransactionHash));
        Assert.Equal(1L, verify.GetTagItem(GatewayTelemetry.Attributes.BlockNumber));
    }

    [Fact]
    public async Task In_a_batch_the_most_urgent_request_is_the_parent_the_others_are_linked_and_each_trace_ends_with_the_hash()
    {
        var (opening, closing) = (NewContext(), NewContext());
        var process = await StartAsync();
        await OpenAsync("old", 2, 1000);
        await SettleAsync(process);
        await OpenAsync("new", 1, 1000, trace: opening);
        await Accounts.ChangeAsync(AccountOf(2), book => AccountMachine.Close(book, LeaseId.Parse("old"), Time.GetUtcNow(), closing), Cancellation);

        await SettleAsync(process);

        var plan = OnlySpan(GatewayTelemetry.Spans.SettlementPlan, closing);
        Assert.Equal(SpanOf(closing), plan.ParentSpanId);
        Assert.Equal(TraceOf(opening), Assert.Single(plan.Links).Context.TraceId);
        Assert.Empty(Spans(GatewayTelemetry.Spans.SettlementPlan, opening));
        var attempt = OnlySpan(GatewayTelemetry.Spans.SettlementAttempt, closing);
        Assert.Equal(attempt.SpanId, OnlySpan(GatewayTelemetry.Spans.SettlementVerify, closing).ParentSpanId);
        var apart = OnlySpan(GatewayTelemetry.Spans.SettlementVerify, opening);
        Assert.Equal(SpanOf(opening), apart.ParentSpanId);
        Assert.Equal(attempt.SpanId, Assert.Single(apart.Links).Context.SpanId);
        Assert.Equal(Chain.Sent[^1].Hash.ToString(), apart.GetTagItem(GatewayTelemetry.Attributes.TransactionHash));
    }

    [Fact]
    public async Task A_verification_after_a_restart_still_hangs_below_the_attempt()
    {
        var request = NewContext();
        var first = await StartAsync();
        await OpenAsync("one", 1, 1000, trace: request);
        await first.StepAsync(Cancellation);
        Chain.Mine();

        await SettleAsync(await StartAsync());

        var attempt = OnlySpan(GatewayTelemetry.Spans.SettlementAttempt, request);
        Assert.Equal(attempt.SpanId, OnlySpan(GatewayTelemetry.Spans.SettlementVerify, request).ParentSpanId);
    }

    [Fact]
    public async Task A_replacement_hangs_below_the_attempt_that_it_replaces()
    {
        var request = NewContext();
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000, trace: request);
        await process.StepAsync(Cancellation);
        Chain.BaseFee = Domain.Money.Wei.FromGwei(10);
        Time.Advance(TimeSpan.FromSeconds(60));

        await process.StepAsync(Cancellation);

        var attempts = Spans(GatewayTelemetry.Spans.SettlementAttempt, request);
        Assert.Equal(2, attempts.Count);
        Assert.Equal(attempts[0].SpanId, attempts[1].ParentSpanId);
        Assert.Equal(nameof(AttemptKind.Bump), attempts[1].GetTagItem(GatewayTelemetry.Attributes.AttemptKind));
    }

    [Fact]
    public async Task A_reverted_transaction_is_a_failed_verification()
    {
        var request = NewContext();
        Chain.AlwaysReverts = true;
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000, trace: request);
        await process.StepAsync(Cancellation);
        Chain.Mine();
        await process.StepAsync(Cancellation);

        Assert.Equal(ActivityStatusCode.Error, OnlySpan(GatewayTelemetry.Spans.SettlementVerify, request).Status);
    }

    private static string NewContext() => $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01";

    private static ActivityTraceId TraceOf(string context) => ActivityContext.Parse(context, traceState: null).TraceId;

    private static ActivitySpanId SpanOf(string context) => ActivityContext.Parse(context, traceState: null).SpanId;

    private List<Activity> Spans(string name, string context) => [.. _spans.Where(s => s.OperationName == name && s.TraceId == TraceOf(context))];

    private Activity OnlySpan(string name, string context) => Assert.Single(Spans(name, context));
}

[Collection(Kinds.Redis)]
public sealed class SettlementTrace_on_redis(StandaloneRedis kind) : SettlementTraceTests(kind);

using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing;

/// <summary>A span as it came over the wire. Ids are lower-case hex.</summary>
public sealed record ReceivedSpan(
    string TraceId, string SpanId, string ParentSpanId, string Name, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<(string TraceId, string SpanId)> Links)
{
    public DateTimeOffset Start { get; init; }

    public DateTimeOffset End { get; init; }
}

/// <summary>A real OTLP endpoint (HTTP, protobuf) for tests: what an exporter sends is what is asserted.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private readonly Channel<int> _arrivals = Channel.CreateUnbounded<int>();

    private OtlpReceiver(WebApplication application) => _application = application;

    /// <summary>For OTEL_EXPORTER_OTLP_ENDPOINT, with OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.</summary>
    public string Endpoint => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public IReadOnlyList<ReceivedSpan> Spans => [.. _spans];

    public static async Task<OtlpReceiver> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(application);
        application.MapPost("/v1/traces", receiver.ReceiveAsync);
        application.MapPost("/v1/{signal}", () => Results.Ok());
        await application.StartAsync(cancellationToken);
        return receiver;
    }

    /// <summary>Waits until what has arrived satisfies the test, or until the token says that it never will.</summary>
    public async Task<IReadOnlyList<ReceivedSpan>> WaitUntilAsync(Func<IReadOnlyList<ReceivedSpan>, bool> satisfied, CancellationToken cancellationToken)
    {
        while (!satisfied(Spans))
            await _arrivals.Reader.ReadAsync(cancellationToken);
        return Spans;
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        foreach (var span in OtlpSpans.Parse(body.ToArray()))
            _spans.Enqueue(span);
        _arrivals.Writer.TryWrite(_spans.Count);
        return Results.Bytes([], "application/x-protobuf");
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Gateway.Chain.Transport;

/// <summary>JSON-RPC 2.0 over HTTP POST to one endpoint.</summary>
/// <remarks>It retries nothing and times out by its caller's token: what may be repeated depends on the method, and is decided above.</remarks>
public sealed class HttpJsonRpcTransport(HttpClient http, Uri endpoint, JsonRpcOptions options) : IJsonRpcTransport
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private long _lastId;

    public string Endpoint { get; } = endpoint.Authority;

    public async Task<System.Text.Json.JsonElement> SendAsync(RpcCall call, CancellationToken cancellationToken) =>
        (await PostAsync([call], isBatch: false, cancellationToken))[0].Unwrap();

    public async Task<IReadOnlyList<RpcAnswer>> SendBatchAsync(IReadOnlyList<RpcCall> calls, CancellationToken cancellationToken)
    {
        var answers = new List<RpcAnswer>(calls.Count);
        foreach (var chunk in calls.Chunk(options.MaxBatch))
            answers.AddRange(await PostAsync(chunk, isBatch: true, cancellationToken));
        return answers;
    }

    private async Task<IReadOnlyList<RpcAnswer>> PostAsync(RpcCall[] calls, bool isBatch, CancellationToken cancellationToken)
    {
        var firstId = Interlocked.Add(ref _lastId, calls.Length) - calls.Length + 1;
        var origin = new RpcOrigin(Endpoint, isBatch ? $"batch of {calls.Length}" : calls[0].Method);
        var requests = calls.Select((call, i) => (JsonNode)RequestOf(call, firstId + i)).ToArray();
        JsonNode payload = isBatch ? new JsonArray(requests) : requests[0];
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new StringContent(payload.ToJsonString(), Json) };
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            ThrowOnStatus(response, origin);
            var body = await ReadBoundedAsync(response, origin, cancellationToken);
            return JsonRpcAnswers.Read(body, calls, firstId, Endpoint, isBatch);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RpcFailedException(origin, RpcFailure.Timeout, "no answer in time", inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new RpcFailedException(origin, RpcFailure.Connection, "the connection failed", inner: e);
        }
    }

    private static JsonObject RequestOf(RpcCall call, long id) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = id,
        ["method"] = call.Method,
        ["params"] = call.Parameters.DeepClone(),
    };

    private static void ThrowOnStatus(HttpResponseMessage response, RpcOrigin origin)
    {
        if (response.IsSuccessStatusCode)
            return;
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            throw new RpcFailedException(
                origin, RpcFailure.RateLimited, "too many requests", status: response.StatusCode, retryAfter: response.Headers.RetryAfter?.Delta);
        }

        throw new RpcFailedException(origin, RpcFailure.HttpStatus, $"HTTP {(int)response.StatusCode}", status: response.StatusCode);
    }

    private async Task<byte[]> ReadBoundedAsync(HttpResponseMessage response, RpcOrigin origin, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (var read = await stream.ReadAsync(buffer, cancellationToken); read > 0; read = await stream.ReadAsync(buffer, cancellationToken))
        {
            if (body.Length + read > options.MaxResponseBytes)
                throw new RpcFailedException(origin, RpcFailure.TooLarge, $"more than {options.MaxResponseBytes} bytes");
            await body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return body.ToArray();
    }
}

using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Gateway.Server.Webhooks;

/// <summary>Sends one event, signed: a few tries with Polly, then it waits in the outbox.</summary>
/// <remarks>The signature is an HMAC-SHA256 over "timestamp.body", so that nobody can send an old event again as a new one.</remarks>
internal sealed class WebhookSender(HttpClient http, IOptions<WebhookOptions> options, IOptions<WebhookSecret> secret, TimeProvider time)
{
    public const string EventHeader = "X-Gateway-Event";
    public const string EventIdHeader = "X-Gateway-Event-Id";
    public const string SignatureHeader = "X-Gateway-Signature";

    private const int MoreTries = 2;

    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time, Name = "webhook" }
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            ShouldHandle = new PredicateBuilder<HttpResponseMessage>()
                .Handle<HttpRequestException>().Handle<TimeoutRejectedException>()
                .HandleResult(static r => (int)r.StatusCode >= 500 || r.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests),
            MaxRetryAttempts = MoreTries,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(200),
            UseJitter = true,
        })
        .AddTimeout(options.Value.Timeout)
        .Build();

    /// <returns>Null: it was taken. Else what was wrong, for people.</returns>
    public async Task<string?> SendAsync(WebhookEvent told, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _pipeline.ExecuteAsync(async ct => await http.SendAsync(RequestOf(told), HttpCompletionOption.ResponseHeadersRead, ct), cancellationToken);
            return response.IsSuccessStatusCode ? null : string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)response.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutRejectedException)
        {
            return e.Message;
        }
    }

    /// <summary>As in "t=1795521600,v1=0123…".</summary>
    internal static string Sign(string secret, DateTimeOffset at, string body)
    {
        var timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var digest = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{timestamp}.{body}"));
        return $"t={timestamp},v1={Convert.ToHexStringLower(digest)}";
    }

    // Made anew for each try, since its time is signed.
    private HttpRequestMessage RequestOf(WebhookEvent told)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, options.Value.Url) { Content = new StringContent(told.Json, Encoding.UTF8, "application/json") };
        request.Headers.Add(EventHeader, told.Type);
        request.Headers.Add(EventIdHeader, told.Id);
        request.Headers.Add(SignatureHeader, Sign(secret.Value.Secret, time.GetUtcNow(), told.Json));
        return request;
    }
}

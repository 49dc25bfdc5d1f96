using System.Net;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Gateway.Server.Resilience;

/// <summary>A source of data had no usable answer. The message is for people, and holds no more of a URL than its host: keys stand in paths.</summary>
internal sealed class SourceException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Polly around a small file, or what a URL answers: breaker, one more try, timeout.</summary>
/// <remarks>Reading is harmless, so it may be repeated. The breaker keeps a source that is down from being asked at every turn.</remarks>
internal sealed class GuardedSource
{
    public const string ClientName = "sources";

    /// <summary>Far above any directory or price.</summary>
    public const int MostBytes = 16 * 1024 * 1024;

    private readonly string _location;
    private readonly IHttpClientFactory _http;
    private readonly ResiliencePipeline _pipeline;

    /// <param name="pipeline">As in "prices".</param>
    /// <param name="location">A path, or an http or https URL.</param>
    public GuardedSource(string pipeline, string location, TimeSpan timeout, IHttpClientFactory http, TimeProvider time)
    {
        (_location, _http) = (location, http);
        Breaker = new BreakerRecord(time);
        var isFailure = new PredicateBuilder().Handle<SourceException>().Handle<TimeoutRejectedException>();
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time, Name = pipeline }
            .AddRetry(new RetryStrategyOptions { ShouldHandle = isFailure, MaxRetryAttempts = 1, Delay = TimeSpan.FromMilliseconds(200), UseJitter = true })
            .AddCircuitBreaker(Breaker.Watch(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = isFailure,
                FailureRatio = 0.5,
                MinimumThroughput = 4,
                SamplingDuration = TimeSpan.FromMinutes(5),
                BreakDuration = TimeSpan.FromSeconds(15),
            }))
            .AddTimeout(timeout)
            .Build();
    }

    public BreakerRecord Breaker { get; }

    /// <summary>What people may read of the location.</summary>
    public string Name => IsUrl(_location, out var url) ? url.Host : _location;

    public static bool IsUrl(string location, out Uri url) =>
        Uri.TryCreate(location, UriKind.Absolute, out url!) && url.Scheme is "http" or "https"; // Null only where it answers false.

    /// <param name="read">Makes something of the bytes; a <see cref="SourceException"/> of it is a failure of the source.</param>
    /// <exception cref="SourceException">No usable answer.</exception>
    public async Task<T> ReadAsync<T>(Func<byte[], T> read, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(async ct => read(await BytesAsync(ct)), cancellationToken);
        }
        catch (TimeoutRejectedException e)
        {
            throw new SourceException($"{Name} did not answer within {e.Timeout.TotalSeconds} s.", e);
        }
        catch (BrokenCircuitException e)
        {
            throw new SourceException($"{Name} failed too often, and is left alone for a while.", e);
        }
    }

    private async Task<byte[]> BytesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return IsUrl(_location, out var url) ? await GetAsync(url, cancellationToken) : await FileAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"{Name} cannot be read: {(e is HttpRequestException http ? $"{http.HttpRequestError}" : e.Message)}.", e);
        }
    }

    private async Task<byte[]> GetAsync(Uri url, CancellationToken cancellationToken)
    {
        using var client = _http.CreateClient(ClientName);
        using var answer = await client.GetAsync(url, cancellationToken);
        return answer.StatusCode == HttpStatusCode.OK
            ? await answer.Content.ReadAsByteArrayAsync(cancellationToken)
            : throw new SourceException($"{Name} answers {(int)answer.StatusCode}.");
    }

    private async Task<byte[]> FileAsync(CancellationToken cancellationToken) => new FileInfo(_location) is { Exists: true, Length: > MostBytes } large
        ? throw new SourceException($"{Name} has {large.Length} bytes, of at most {MostBytes}.")
        : await File.ReadAllBytesAsync(_location, cancellationToken);
}

using System.Collections.Immutable;
using Gateway.Chain.Prices;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Pricing;
using Gateway.Server.Leases;
using Gateway.Server.Resilience;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Pricing.Usd;

/// <summary>What super tokens are worth in dollars, each by its own source.</summary>
internal sealed partial class UsdPrices : IDisposable
{
    private readonly ImmutableDictionary<Address, UsdPriceSource> _sources;
    private readonly IHttpClientFactory _http;
    private readonly IEthRpc _rpc;
    private readonly UsdBelief _belief;
    private readonly TimeProvider _time;
    private readonly ILogger<UsdPrices> _logger;
    // The worker and whoever reloads the prices may come at once.
    private readonly SemaphoreSlim _refreshing = new(1);
    private readonly HashSet<string> _failing = new(StringComparer.Ordinal);

    public UsdPrices(TokenBook tokens, IOptions<PricesOptions> options, UsdPorts ports, PriceMetrics metrics, TimeProvider time, ILogger<UsdPrices> logger)
    {
        (_http, _rpc, _belief, _time, _logger) = (ports.Http, ports.Rpc, ports.Belief, time, logger);
        _sources = options.Value.Usd.ToImmutableDictionary(s => tokens.Addresses[s.Key], s => Make(s.Key, s.Value)); // Validated: each is a token.
        foreach (var source in _sources.Values)
            ports.Dependencies.Add(source.Name, source.ToState);
        if (_sources.Count > 0)
            metrics.Watch(_sources.Values, time);
    }

    /// <summary>Null where the token has no source.</summary>
    public UsdPriceSource? Find(Address superToken) => _sources.GetValueOrDefault(superToken);

    /// <summary>Why some tokens price nothing new; empty: all do.</summary>
    public IEnumerable<string> Troubles => _sources.Values.Select(s => s.Stale).OfType<string>();

    /// <summary>Somebody has looked: for a while every replica believes what the sources say, however far it is from what they said last.</summary>
    /// <exception cref="Storage.StoreUnavailableException">The others cannot be told.</exception>
    public async Task BelieveAsync(CancellationToken cancellationToken)
    {
        if (_sources.Count == 0)
            return;
        await _belief.BeginAsync(cancellationToken);
        await RefreshAsync(onlyDue: false, cancellationToken);
    }

    /// <summary>Asks the sources that are due, and those that were not asked since somebody has looked.</summary>
    public async Task RefreshAsync(bool onlyDue, CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            var believed = await _belief.SinceAsync(cancellationToken);
            foreach (var source in _sources.Values.Where(s => !onlyDue || s.IsDue || s.AskedAt <= believed))
                Tell(source, await source.RefreshAsync(isBelieved: believed is not null, cancellationToken));
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public void Dispose() => _refreshing.Dispose();

    private void Tell(UsdPriceSource source, string? problem)
    {
        if (problem is null && _failing.Remove(source.Symbol))
            LogRead(source.Symbol, source.Worth);
        else if (problem is not null && _failing.Add(source.Symbol))
            LogFailed(source.Symbol, problem);
    }

    private UsdPriceSource Make(string symbol, PriceSourceOptions options)
    {
        if (options.Location.Length > 0)
        {
            var source = new GuardedSource("prices", options.Location, options.Timeout, _http, _time);
            return new UsdPriceSource(
                symbol, options, ct => source.ReadAsync(bytes => new UsdReading(JsonPointer.ReadUsd(bytes, options.Pointer), AtOf(options, bytes)), ct), () => source.Breaker.ToState(symbol), _time);
        }

        // The endpoints of the chain have breakers of their own.
        var closed = new DependencyState(symbol, BreakerState.Closed, ChangedAt: null, "");
        return new UsdPriceSource(symbol, options, options.Aggregator.Length > 0 ? ct => AskAsync(Address.Parse(options.Aggregator), ct) : null, () => closed, _time);
    }

    /// <summary>What says since when it is true is no newer for being read again.</summary>
    private DateTimeOffset AtOf(PriceSourceOptions options, byte[] bytes) =>
        options.AtPointer.Length > 0 ? JsonPointer.ReadInstant(bytes, options.AtPointer) : _time.GetUtcNow();

    /// <exception cref="SourceException">The chain cannot be asked, or what it answers is no price.</exception>
    private async Task<UsdReading> AskAsync(Address aggregator, CancellationToken cancellationToken)
    {
        try
        {
            var (round, decimals) = (AggregatorViews.LatestRound(aggregator), AggregatorViews.Decimals(aggregator));
            var at = await _rpc.GetBlockNumberAsync(cancellationToken);
            var answers = await _rpc.CallBatchAsync([round.Request, decimals.Request], at, cancellationToken);
            return ReadingOf(aggregator, round.Read(answers[0]), decimals.Read(answers[1]));
        }
        catch (ChainException e)
        {
            throw new SourceException($"The aggregator {aggregator} cannot be asked: {e.Message}", e);
        }
    }

    private static UsdReading ReadingOf(Address aggregator, AggregatorRound round, int decimals)
    {
        if (round.UpdatedAt.IsZero || round.UpdatedAt > (System.Numerics.BigInteger)DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            throw new SourceException($"The aggregator {aggregator} has not finished its round.");
        if (round.AnsweredInRound < round.Round)
            throw new SourceException($"The aggregator {aggregator} answers with what an older round came to.");
        return UsdWorth.Scaled(round.Answer, decimals) is { } worth
            ? new UsdReading(worth, DateTimeOffset.FromUnixTimeSeconds((long)round.UpdatedAt))
            : throw new SourceException($"The aggregator {aggregator} answers {round.Answer}, which is no price.");
    }

    [LoggerMessage(EventId = 9631, Level = LogLevel.Warning, Message = "What {Token} is worth in dollars is not renewed: {Problem}")]
    private partial void LogFailed(string token, string problem);

    [LoggerMessage(EventId = 9632, Level = LogLevel.Information, Message = "What {Token} is worth in dollars is renewed again: {Worth}")]
    private partial void LogRead(string token, UsdWorth? worth);
}

/// <summary>Where worths are asked for, and where it is told how that goes.</summary>
internal sealed record UsdPorts(IHttpClientFactory Http, IEthRpc Rpc, DependencyRegistry Dependencies, UsdBelief Belief);

using Gateway.Domain.Pricing;
using Gateway.Server.Leases;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Pricing;

/// <summary>What became of a look at the file.</summary>
internal enum PriceListOutcome
{
    Unspecified = 0,

    /// <summary>The file says what it said.</summary>
    Unchanged = 1,

    /// <summary>A new list is in force.</summary>
    Taken = 2,

    /// <summary>The file has problems; the former list is in force.</summary>
    Rejected = 3,
}

/// <summary>The price list in force. A new file takes its place whole, or not at all.</summary>
internal sealed partial class PriceLists
{
    private readonly Lock _loading = new();
    private readonly TokenBook _tokens;
    private readonly string _path;
    private readonly PriceMetrics _metrics;
    private readonly ILogger<PriceLists> _logger;

    private ReadOnlyMemory<byte> _inForce;
    private ReadOnlyMemory<byte> _lastRead;
    private PriceList? _current;
    private IReadOnlyList<string> _problems = [];

    /// <exception cref="PriceListException">The file cannot be used: without any list nothing could be priced.</exception>
    public PriceLists(TokenBook tokens, IOptions<PricesOptions> options, PriceMetrics metrics, ILogger<PriceLists> logger)
    {
        (_tokens, _path, _metrics, _logger) = (tokens, options.Value.File, metrics, logger);
        if (!options.Value.IsOn)
            return;
        _inForce = _lastRead = PriceFile.Read(_path);
        _current = PriceListReader.Read(_inForce, tokens.Addresses);
        metrics.Watch(this);
    }

    /// <summary>Null where none is configured.</summary>
    public PriceList? Current => Volatile.Read(ref _current);

    /// <summary>Why the file as it is now is not in force; empty where it is.</summary>
    public IReadOnlyList<string> Problems => Volatile.Read(ref _problems);

    /// <summary>Takes over what the file says now.</summary>
    public PriceListOutcome Reload()
    {
        lock (_loading)
        {
            if (Current is not { } current)
                return PriceListOutcome.Unchanged;
            try
            {
                var read = PriceFile.Read(_path);
                if (read.Span.SequenceEqual(_lastRead.Span) && Problems.Count == 0)
                    return PriceListOutcome.Unchanged;
                _lastRead = read;
                return Take(current, read);
            }
            catch (PriceListException e)
            {
                return Reject(current, e.Problems);
            }
        }
    }

    private PriceListOutcome Take(PriceList current, ReadOnlyMemory<byte> read)
    {
        var list = PriceListReader.Read(read, _tokens.Addresses);
        var says = PriceListReader.AreEqual(read, _inForce);
        if (!says && string.Equals(list.Version, current.Version, StringComparison.Ordinal))
            throw new PriceListException([$"version: is still {list.Version}, though the list has changed: leases name the version that priced them, so a changed list needs a new one."]);
        _inForce = read;
        Volatile.Write(ref _current, list);
        Volatile.Write(ref _problems, []);
        if (says)
            return PriceListOutcome.Unchanged;
        _metrics.Looked(PriceListOutcome.Taken);
        LogTaken(list.Version, current.Version, list.Plans.Count);
        return PriceListOutcome.Taken;
    }

    private PriceListOutcome Reject(PriceList current, IReadOnlyList<string> problems)
    {
        var isNews = !problems.SequenceEqual(Problems, StringComparer.Ordinal);
        Volatile.Write(ref _problems, problems);
        if (isNews)
        {
            _metrics.Looked(PriceListOutcome.Rejected);
            LogRejected(_path, current.Version, string.Join(' ', problems));
        }

        return PriceListOutcome.Rejected;
    }

    [LoggerMessage(EventId = 9601, Level = LogLevel.Information, Message = "Price list {Version} is in force in the place of {Former}, with {Plans} plans. Running leases keep their price.")]
    private partial void LogTaken(string version, string former, int plans);

    [LoggerMessage(EventId = 9602, Level = LogLevel.Error, Message = "The price list in {Path} is not used, {Version} stays in force: {Problems}")]
    private partial void LogRejected(string path, string version, string problems);
}

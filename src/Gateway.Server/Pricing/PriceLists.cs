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
internal sealed partial class PriceLists : IDisposable
{
    private readonly SemaphoreSlim _loading = new(1);
    private readonly PriceListVersions _versions;
    private readonly TokenBook _tokens;
    private readonly string _path;
    private readonly PriceMetrics _metrics;
    private readonly ILogger<PriceLists> _logger;

    private ReadOnlyMemory<byte> _inForce;
    private ReadOnlyMemory<byte> _lastRead;
    private PriceList? _current;
    private IReadOnlyList<string> _problems = [];
    private bool _isChecked;

    /// <exception cref="PriceListException">The file cannot be used: without any list nothing could be priced.</exception>
    public PriceLists(TokenBook tokens, IOptions<PricesOptions> options, PriceListVersions versions, PriceMetrics metrics, ILogger<PriceLists> logger)
    {
        (_tokens, _path, _versions, _metrics, _logger) = (tokens, options.Value.File, versions, metrics, logger);
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

    /// <summary>Once, of the list that was found at the start: before anything is priced by it, if the store can be asked by then.</summary>
    /// <exception cref="PriceListException">Its version was another list before.</exception>
    /// <exception cref="Storage.StoreUnavailableException">Nobody can say what was before.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (Current is { } current)
            await RequireOneAsync(current.Version, _inForce, cancellationToken);
        _isChecked = true;
    }

    /// <summary>Takes over what the file says now.</summary>
    /// <exception cref="Storage.StoreUnavailableException">Nobody can say whether its version was another list before: the next look finds it again.</exception>
    public async Task<PriceListOutcome> ReloadAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (Current is not { } current)
                return PriceListOutcome.Unchanged;
            try
            {
                if (!_isChecked)
                    await CheckAsync(cancellationToken);
                var read = PriceFile.Read(_path);
                if (read.Span.SequenceEqual(_lastRead.Span) && Problems.Count == 0)
                    return PriceListOutcome.Unchanged;
                var outcome = await TakeAsync(current, read, cancellationToken);
                _lastRead = read;
                return outcome;
            }
            catch (PriceListException e)
            {
                return Reject(current, e.Problems);
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    private async Task<PriceListOutcome> TakeAsync(PriceList current, ReadOnlyMemory<byte> read, CancellationToken cancellationToken)
    {
        var list = PriceListReader.Read(read, _tokens.Addresses);
        var says = PriceListReader.AreEqual(read, _inForce);
        if (!says && string.Equals(list.Version, current.Version, StringComparison.Ordinal))
            throw new PriceListException([$"version: is still {list.Version}, though the list has changed: leases name the version that priced them, so a changed list needs a new one."]);
        if (!says)
            await RequireOneAsync(list.Version, read, cancellationToken);
        _inForce = read;
        Volatile.Write(ref _current, list);
        Volatile.Write(ref _problems, []);
        if (says)
            return PriceListOutcome.Unchanged;
        _metrics.Looked(PriceListOutcome.Taken);
        LogTaken(list.Version, current.Version, list.Plans.Count);
        return PriceListOutcome.Taken;
    }

    private async Task RequireOneAsync(string version, ReadOnlyMemory<byte> list, CancellationToken cancellationToken)
    {
        if (!await _versions.MeansAsync(version, PriceListReader.Sha256(list), cancellationToken))
            throw new PriceListException([$"version: {version} was another list before: leases name the version that priced them, so a changed list needs a new one."]);
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

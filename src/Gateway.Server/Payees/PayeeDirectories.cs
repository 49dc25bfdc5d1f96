using Gateway.Domain.Leases;
using Gateway.Server.Resilience;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Payees;

/// <summary>A directory is configured, and none has been read yet.</summary>
internal sealed class PayeeDirectoryUnreadException() : Exception("The payee directory has not been read yet, so nobody is known who may be paid.");

/// <summary>The payee directory in force: the newest good one, however old.</summary>
/// <remarks>It is asked for leases that are opened. One that is paid already is not touched by it: to stop paying a node is its scheduler's to decide.</remarks>
internal sealed partial class PayeeDirectories
{
    public const string Name = "payee-directory";

    private readonly PayeeDirectoryOptions _options;
    private readonly PayeeDirectoryStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<PayeeDirectories> _logger;
    private readonly GuardedSource _source;

    private InForce? _inForce;
    private byte[] _lastSaved = [];
    private DateTimeOffset _lastSavedAt;
    private string? _problem;

    public PayeeDirectories(
        IOptions<PayeeDirectoryOptions> options, PayeeDirectoryStore store, IHttpClientFactory http, DependencyRegistry dependencies, TimeProvider time, ILogger<PayeeDirectories> logger)
    {
        (_options, _store, _time, _logger) = (options.Value, store, time, logger);
        _source = new GuardedSource(Name, _options.Source, _options.Timeout, http, time);
        if (_options.IsOn)
            dependencies.Add(Name, ToState);
    }

    /// <summary>What is wrong, for people; null: nothing.</summary>
    public string? Trouble => (_options.IsOn, Volatile.Read(ref _inForce)) switch
    {
        (false, _) => null,
        (true, null) => $"The payee directory has not been read yet, so no lease is opened. {_problem}",
        (true, { } inForce) when _time.GetUtcNow() - inForce.ReadAt > _options.StaleAfter => $"The payee directory in force was read at {inForce.ReadAt:u}. {_problem}",
        (true, _) => null,
    };

    /// <returns>Null: he may be paid.</returns>
    /// <exception cref="PayeeDirectoryUnreadException">Nothing is known yet.</exception>
    public string? WhyNot(Payee payee) =>
        !_options.IsOn ? null : (Volatile.Read(ref _inForce) ?? throw new PayeeDirectoryUnreadException()).Directory.WhyNot(payee);

    /// <summary>Reads it anew. Where that fails the former one stays, and at the start the stored one counts.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (bytes, directory) = await _source.ReadAsync(b => (b, PayeeDirectory.Read(b)), cancellationToken);
            var readAt = _time.GetUtcNow();
            Volatile.Write(ref _inForce, new InForce(directory, readAt));
            if (_problem is not null)
                LogRead(_source.Name, directory.Listed.Count);
            _problem = null;
            await SaveAsync(bytes, readAt, cancellationToken);
        }
        catch (SourceException e)
        {
            if (_problem is null)
                LogFailed(_source.Name, e.Message);
            _problem = e.Message;
            if (Volatile.Read(ref _inForce) is null && await _store.FindAsync(_options.Source, cancellationToken) is { } stored)
            {
                Volatile.Write(ref _inForce, new InForce(stored.Directory, stored.ReadAt));
                LogStored(stored.ReadAt);
            }
        }
    }

    /// <summary>What changed, and now and then that it has not: after a restart it is as old as it was.</summary>
    private async Task SaveAsync(byte[] bytes, DateTimeOffset readAt, CancellationToken cancellationToken)
    {
        if (readAt - _lastSavedAt < _options.StaleAfter / 2 && bytes.AsSpan().SequenceEqual(_lastSaved))
            return;
        await _store.SaveAsync(_options.Source, readAt, bytes, cancellationToken);
        (_lastSaved, _lastSavedAt) = (bytes, readAt);
    }

    private DependencyState ToState()
    {
        var state = _source.Breaker.ToState(Name);
        return _problem is { } problem ? state with { Detail = problem } : state;
    }

    [LoggerMessage(EventId = 9621, Level = LogLevel.Warning, Message = "The payee directory of {Source} is not renewed: {Problem}")]
    private partial void LogFailed(string source, string problem);

    [LoggerMessage(EventId = 9622, Level = LogLevel.Information, Message = "The payee directory of {Source} is renewed again; it names {Payees}")]
    private partial void LogRead(string source, int payees);

    [LoggerMessage(EventId = 9623, Level = LogLevel.Warning, Message = "The payee directory that was read at {ReadAt} is in force until its source answers")]
    private partial void LogStored(DateTimeOffset readAt);

    private sealed record InForce(PayeeDirectory Directory, DateTimeOffset ReadAt);
}

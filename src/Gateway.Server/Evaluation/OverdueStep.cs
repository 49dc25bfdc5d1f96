using System.Diagnostics.Metrics;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Evaluation;

/// <summary>Whether accounts are looked at when they should be: a loop that beats and looks at nothing shows here, and nowhere else.</summary>
/// <remarks>Asked of the deadlines themselves, which are everybody's, by another loop than the one that serves them.</remarks>
internal sealed partial class OverdueStep
{
    /// <summary>Far above what a claimed account is put off by; a gateway that catches up after a long stop is told as well, since its VMs are unwatched so long.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly AccountDeadlines _deadlines;
    private readonly TimeProvider _time;
    private readonly ILogger<OverdueStep> _logger;
    private double _overdue;
    private string? _trouble;

    public OverdueStep(AccountDeadlines deadlines, IMeterFactory meters, TimeProvider time, ILogger<OverdueStep> logger)
    {
        (_deadlines, _time, _logger) = (deadlines, time, logger);
        meters.Create(GatewayTelemetry.SourceName).CreateObservableGauge(
            GatewayTelemetry.Instruments.AccountOverdue, () => Volatile.Read(ref _overdue), "s", "How long the account that waits longest should have been looked at.");
    }

    /// <summary>What is wrong, for people; null where nothing is.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <exception cref="StoreUnavailableException">Redis has no answer: nothing is known.</exception>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var waiting = await _deadlines.OldestAsync(cancellationToken) is { } oldest && oldest < now ? now - oldest : TimeSpan.Zero;
        Volatile.Write(ref _overdue, waiting.TotalSeconds);
        var told = Trouble is not null;
        var isLate = waiting > Longest;
        Volatile.Write(ref _trouble, isLate ? $"An account should have been looked at {waiting.TotalSeconds:0} s ago, and was not." : null);
        if (isLate && !told)
            LogOverdue((long)waiting.TotalSeconds);
        else if (told && !isLate)
            LogInTime();
    }

    [LoggerMessage(EventId = 2210, Level = LogLevel.Error, Message = "Accounts are not looked at: one has been waiting for {Seconds} s")]
    private partial void LogOverdue(long seconds);

    [LoggerMessage(EventId = 2211, Level = LogLevel.Information, Message = "Accounts are looked at in time again")]
    private partial void LogInTime();
}

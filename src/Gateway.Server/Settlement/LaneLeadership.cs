using System.Globalization;
using Gateway.Server.Storage;

namespace Gateway.Server.Settlement;

/// <summary>Another replica leads the lane by now: whatever this one still wanted to write was refused.</summary>
internal sealed class LaneDeposedException(string what) : Exception($"The lane has another leader: {what} was refused.");

/// <summary>This process's claim to lead the lane (chain-and-transactions.md §2.5).</summary>
/// <remarks>
/// Redis fences what is written; this guard keeps a process that was asleep from signing and sending. It counts from before the question was asked, by the
/// monotonic clock, and ends two seconds before Redis gives the lane to somebody else. A zombie is harmless even so: the chain executes one attempt per nonce.
/// </remarks>
internal sealed partial class LaneLeadership(ILane lane, SettlementMetrics metrics, TimeProvider time, ILogger<LaneLeadership> logger)
{
    public static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>A step that takes longer hangs: then another replica had better lead.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(1);

    // Of this start of this process: a fixed name would hand a dead leader's claim to whoever is named like it.
    private readonly string _owner = Guid.NewGuid().ToString("N");

    private Held? _held;

    /// <summary>Whether it is still certain that nobody else leads: else nothing may be signed or sent.</summary>
    public bool MayAct => Volatile.Read(ref _held) is { } held && time.GetElapsedTime(held.AskedAt) < Ttl - Margin;

    /// <param name="token">As <see cref="KeepAsync"/> returns it: "owner|epoch".</param>
    public static ulong EpochOf(string token) =>
        ulong.Parse(token.AsSpan(token.IndexOf('|', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Takes or renews the leadership.</summary>
    /// <returns>The fencing token; null where another replica leads.</returns>
    public async Task<string?> KeepAsync(CancellationToken cancellationToken)
    {
        if (_held is { } held && time.GetElapsedTime(held.AskedAt) < RenewEvery)
            return held.Token;
        var askedAt = time.GetTimestamp();
        if (await lane.AcquireAsync(_owner, Ttl, cancellationToken) is not { } token)
        {
            Lose();
            return null;
        }

        if (!string.Equals(token, _held?.Token, StringComparison.Ordinal))
        {
            Lose();
            metrics.LeaderChanged(won: true);
            LogWon(token);
        }

        _held = new Held(token, askedAt);
        return token;
    }

    /// <summary>Renews the leadership while a step is under way: slow endpoints must not cost it in the middle of a batch.</summary>
    /// <param name="stepDone">Ends it.</param>
    public async Task HoldAsync(CancellationToken stepDone)
    {
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < LongestStep)
        {
            try
            {
                await Task.Delay(RenewEvery, time, stepDone);
                await KeepAsync(stepDone);
            }
            catch (OperationCanceledException) when (stepDone.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException)
            {
                // Tried again; the guard ends the leadership by itself in time.
            }
        }
    }

    /// <summary>A script answered that another one leads.</summary>
    public void Lose()
    {
        if (_held is null)
            return;
        metrics.LeaderChanged(won: false);
        LogLost(_held.Token);
        _held = null;
    }

    /// <summary>Lets another replica take over at once.</summary>
    public async Task ResignAsync(CancellationToken cancellationToken)
    {
        if (_held is not { } held)
            return;
        _held = null;
        await lane.ResignAsync(held.Token, cancellationToken);
        LogResigned(held.Token);
    }

    private sealed record Held(string Token, long AskedAt);

    [LoggerMessage(EventId = 7120, Level = LogLevel.Information, Message = "This process leads the lane now, as {Token}.")]
    private partial void LogWon(string token);

    [LoggerMessage(EventId = 7121, Level = LogLevel.Warning, Message = "This process no longer leads the lane; it was {Token}.")]
    private partial void LogLost(string token);

    [LoggerMessage(EventId = 7122, Level = LogLevel.Information, Message = "Gave the lane up; it was {Token}.")]
    private partial void LogResigned(string token);
}

using System.Numerics;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Server.Settlement;

/// <summary>What the headers have shown so far: how fast blocks come, and what gas has cost in the last hour. Both are measured, never assumed.</summary>
internal sealed class ChainPace
{
    /// <summary>Taken until two blocks were seen.</summary>
    public static readonly TimeSpan FirstGuess = TimeSpan.FromSeconds(1);

    private const ulong AveragingSeconds = 3600;

    private BlockNumber _number;
    private BlockTime? _time;
    private TimeSpan? _blockTime;

    /// <summary>Smoothed time between two blocks.</summary>
    public TimeSpan BlockTime => _blockTime ?? FirstGuess;

    /// <summary>Average of about an hour, per gas; null before the first header.</summary>
    public Wei? HourlyBaseFee { get; private set; }

    public void Saw(BlockNumber number, BlockTime time, Wei baseFee)
    {
        if (_time is not { } before)
        {
            (_number, _time, HourlyBaseFee) = (number, time, baseFee);
            return;
        }

        // A head that goes backwards, or stands still, teaches nothing.
        if (number <= _number || time < before)
            return;
        var seconds = time.UnixSeconds - before.UnixSeconds;
        var perBlock = TimeSpan.FromSeconds(checked((long)seconds)) / (number.Value - _number.Value);
        _blockTime = _blockTime is { } smooth ? smooth + ((perBlock - smooth) / 8) : perBlock;
        HourlyBaseFee = Weigh(HourlyBaseFee!.Value.Value, baseFee.Value, Math.Min(seconds, AveragingSeconds));
        (_number, _time) = (number, time);
    }

    private static Wei Weigh(BigInteger average, BigInteger next, ulong seconds) =>
        Wei.From(average + ((next - average) * seconds / AveragingSeconds));
}

using System.Collections.Immutable;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>Takes nonces back that pools hold bytes for which nobody here knows any more, after Redis was lost: else those are executed whenever a pool likes.</summary>
/// <remarks>
/// A transfer of nothing to ourselves, by an ordinary slot. Only the pools' counts can be asked for, not what they hold: what somebody has sent by hand with the
/// operator's key looks the same, and is taken back likewise. Without a loss nothing is forgotten, and such a transaction is its sender's own affair.
/// </remarks>
internal sealed partial class ForgottenNonces(LanePorts ports, LaneMemory memory, SlotOpener opener, ILogger<ForgottenNonces> logger)
{
    /// <summary>After the quiet time: what is executed by itself has been by then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Between two looks, both of which must show it: a count may run ahead of the block that was looked at.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    /// <summary>After the quiet time: a pool that keeps bytes for longer, unseen for as long, is met by nonces that ordinary work has used since.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Nonces after one loss, twice as many as a pool holds of one sender for sure: endpoints that count wrongly must not use up the day's budget.</summary>
    public const int Most = 32;

    private DateTimeOffset? _loss;
    private int _taken;
    private DateTimeOffset _nextLook = DateTimeOffset.MinValue;
    private Nonce? _suspect;
    private Nonce _upTo;
    private FeeOffer? _bid;

    /// <returns>The slots that are open now. One that was just taken shows no attempt: nothing is planned above it in this round.</returns>
    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task<ImmutableArray<OpenSlot>> TakeBackAsync(LaneRound round, ImmutableArray<OpenSlot> open, CancellationToken cancellationToken)
    {
        if (!IsDue(round, open))
            return open;
        await TryLookAsync(round, NextOf(round, open), cancellationToken);
        while (NextOf(round, open).Value < _upTo.Value && open.Length < SlotOpener.MostOpen)
        {
            if (OfferOf(round) is not { } offer || await opener.TakeBackAsync(round, open, offer, cancellationToken) is not { } slot)
                return open;
            _taken++;
            LogTaken(slot.Nonce, _upTo, _taken, Most);
            open = open.Add(slot);
        }

        return open;
    }

    private bool IsDue(LaneRound round, ImmutableArray<OpenSlot> open)
    {
        if (_loss != round.QuietUntil)
            (_loss, _taken, _upTo, _suspect) = (round.QuietUntil, 0, default, null);
        var isBehind = open.IsEmpty && round.Head.Consumed.Value < memory.HighWater.Value;
        var since = ports.Now - round.QuietUntil;
        return _taken < Most && round.MayPlan && !isBehind && since >= Patience && since < Longest && ports.Now >= memory.PausedUntil && !open.Any(s => s.Attempts.IsEmpty);
    }

    private async Task TryLookAsync(LaneRound round, Nonce next, CancellationToken cancellationToken)
    {
        if (ports.Now < _nextLook || next.Value < _upTo.Value)
            return;
        _nextLook = ports.Now + LookEvery;
        try
        {
            var told = await ports.Chain.PendingAsync(cancellationToken);
            var isUnknown = told.Agreed is { } agreed && agreed.Value > next.Value;
            if (isUnknown && _suspect == next)
                (_upTo, _bid) = (new Nonce(Math.Min(told.Agreed!.Value.Value, next.Value + SlotOpener.MostOpen)), memory.UnknownBid); // It was told. More of ours were never open.
            _suspect = isUnknown ? next : null;
        }
        catch (ChainException)
        {
            // Asked again at the next look: it hurries nothing, and holds nothing up.
        }
    }

    /// <summary>More than whatever was seen to be offered; what a pool holds even dearer is outbid by the slot's further attempts.</summary>
    private FeeOffer? OfferOf(LaneRound round) => round.OfferFor(Urgency.StopLoss, memory.Pace.HourlyBaseFee) is { } today
        ? round.Fees.Bump(_bid ?? today, round.Head.BaseFee, round.Fees.Ceilings.StopLoss) ?? today
        : null;

    private static Nonce NextOf(LaneRound round, ImmutableArray<OpenSlot> open) => open.IsEmpty ? round.Head.Consumed : open[^1].Nonce.Next;

    [LoggerMessage(EventId = 7197, Level = LogLevel.Warning, Message = "Nonce {Nonce} is taken back by a transfer of nothing: pools hold transactions before {UpTo} that are known to nobody since Redis was lost. It is number {Taken} of at most {Most}.")]
    private partial void LogTaken(Nonce nonce, Nonce upTo, int taken, int most);
}

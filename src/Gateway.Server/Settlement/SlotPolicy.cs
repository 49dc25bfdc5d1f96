using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>What to do next with a slot whose nonce is not consumed yet.</summary>
internal enum SlotMoveKind
{
    Unspecified = 0,

    /// <summary>No bytes ever existed: it may go.</summary>
    Release = 1,

    /// <summary>The same bytes again, to every endpoint: nodes accept and then forget.</summary>
    Rebroadcast = 2,

    /// <summary>One more attempt of the same nonce, dearer.</summary>
    Bump = 3,

    Wait = 4,
}

/// <param name="Offer">Of a bump.</param>
internal sealed record SlotMove(SlotMoveKind Kind, FeeOffer? Offer = null);

/// <summary>The newest attempt of a slot, as far as its next move depends on it.</summary>
/// <param name="Age">Since it was written down.</param>
/// <param name="SinceSent">Since this process last sent it; null: never, it may be from before a restart.</param>
/// <param name="OutbidInPool">A pool holds a dearer transaction of the same nonce, ours or foreign.</param>
internal sealed record AttemptAge(FeeOffer Fee, TimeSpan Age, TimeSpan? SinceSent, bool OutbidInPool);

/// <summary>When an unconfirmed attempt is repeated and when it is replaced (chain-and-transactions.md §2.6.3, §2.8).</summary>
internal static class SlotPolicy
{
    /// <summary>Attempts of one slot after which only repetition remains: each costs at least 10 % more than the one before, 1.1^64 is 445 times.</summary>
    public const int MostAttempts = 64;

    private static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MostInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LeastStuck = TimeSpan.FromSeconds(3);

    /// <summary>How often the same bytes are sent again.</summary>
    public static TimeSpan RebroadcastInterval(TimeSpan blockTime)
    {
        var interval = blockTime * 5;
        return interval > MostInterval ? MostInterval : Larger(interval, LeastInterval);
    }

    /// <summary>How old an attempt must be before its price is looked at.</summary>
    public static TimeSpan Patience(Urgency urgency) => urgency == Urgency.StopLoss ? TimeSpan.FromSeconds(20) : TimeSpan.FromSeconds(60);

    /// <summary>Whether urgent work should take the slot's place rather than wait for it: no block takes it at this price, or some came and took it not.</summary>
    public static bool IsStuck(OpenSlot slot, DateTimeOffset now, Wei baseFee, TimeSpan blockTime) =>
        slot.Newest is { } newest && slot.Attempts.Length < MostAttempts
        && (newest.Batch.Fee.MaxFeePerGas < baseFee || now - newest.At >= Larger(blockTime * 3, LeastStuck));

    /// <summary>Whether the fee cap may be too low within the next 30 seconds, in which the base fee grows by at most √2.</summary>
    public static bool IsUnderpriced(FeeOffer fee, Wei baseFee) =>
        fee.MaxFeePerGas < Wei.From(((baseFee.Value * 1415) + 999) / 1000) + fee.MaxPriorityFeePerGas;

    /// <param name="attempt">Null: the slot was reserved and nothing was signed for it.</param>
    /// <param name="ceiling">The most a gas may cost, for the slot's urgency.</param>
    public static SlotMove Next(AttemptAge? attempt, Urgency urgency, Wei baseFee, Wei ceiling, FeePolicy fees, TimeSpan blockTime)
    {
        if (attempt is null)
            return new SlotMove(SlotMoveKind.Release);

        var interval = RebroadcastInterval(blockTime);
        var tooCheap = attempt.OutbidInPool
            ? attempt.Age >= interval
            : attempt.Age >= Patience(urgency) && IsUnderpriced(attempt.Fee, baseFee);
        if (tooCheap && fees.Bump(attempt.Fee, baseFee, ceiling) is { } offer)
            return new SlotMove(SlotMoveKind.Bump, offer);
        return attempt.SinceSent is { } since && since < interval
            ? new SlotMove(SlotMoveKind.Wait)
            : new SlotMove(SlotMoveKind.Rebroadcast);
    }

    private static TimeSpan Larger(TimeSpan left, TimeSpan right) => left > right ? left : right;
}

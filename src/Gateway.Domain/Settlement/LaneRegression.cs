using Gateway.Domain.Identity;

namespace Gateway.Domain.Settlement;

/// <summary>How far a lane's store had come when it was last written.</summary>
/// <param name="Consumed">The lowest nonce not known to be consumed.</param>
/// <param name="Block">The newest block that the leader had seen.</param>
/// <param name="Stamp">Rises by one with every writing: whatever else a store forgets, it forgets this with it.</param>
/// <param name="Epoch">Of the leadership that wrote it last.</param>
/// <param name="Server">Which run of which server holds it; null where the server does not say.</param>
public sealed record LaneMark(Nonce Consumed, BlockNumber Block, ulong Stamp, ulong Epoch, string? Server);

/// <summary>What tells that a store went back in time. Names are tags of metrics.</summary>
public enum RegressionSign
{
    /// <summary>It did not, as far as anybody can tell.</summary>
    None = 0,

    /// <summary>It knows nothing, and the operator has a past.</summary>
    Empty = 1,

    /// <summary>It was written fewer times than this process remembers.</summary>
    StampBack = 2,

    /// <summary>It knows of fewer consumed nonces than this process remembers.</summary>
    ConsumedBack = 3,
    EpochBack = 4,

    /// <summary>Another server answers for it, or another run of the same: what it acknowledged last may be missing.</summary>
    OtherServer = 5,

    /// <summary>A nonce that this process has bound is unknown to it.</summary>
    SlotLost = 6,

    /// <summary>A nonce is consumed that no slot of it, open or closed, ever had.</summary>
    NonceUnknown = 7,
}

/// <summary>What one look at the store and the chain shows of it.</summary>
/// <param name="Stored">Null: the store holds nothing of the lane.</param>
/// <param name="Remembered">By this process, from its last look; null at its first one.</param>
/// <param name="Server">Which run of which server answers now; null where it does not say.</param>
/// <param name="Consumed">By the chain.</param>
/// <param name="HasNewestConsumed">Whether the store has, or had, a slot for the nonce before <paramref name="Consumed"/>.</param>
/// <param name="TopOpen">The highest open slot.</param>
/// <param name="TopBound">The highest nonce that this process has bound itself.</param>
public sealed record LaneLook(
    LaneMark? Stored, LaneMark? Remembered, string? Server, Nonce Consumed, bool HasNewestConsumed, Nonce? TopOpen, Nonce? TopBound);

/// <summary>Finds a store that went back in time (chain-and-transactions.md §2.9).</summary>
/// <remarks>
/// No sign depends on what one kind of server alone can tell. While a process remembers, a nonce that nobody bound is a stranger's with the same key: the
/// store has proved that it forgot nothing. A process that has just begun cannot tell the two apart, and takes the worse.
/// </remarks>
public static class LaneRegression
{
    public static RegressionSign Find(LaneLook look)
    {
        if (look.Stored is not { } stored)
            return look.Remembered is null && look.Consumed.Value == 0 ? RegressionSign.None : RegressionSign.Empty;
        if (look.Remembered is { } remembered && FindBack(look, stored, remembered) is { } back)
            return back;
        if (look.Remembered is null && IsUnknown(look, stored))
            return RegressionSign.NonceUnknown;
        // The last to write may have been another process: its word counts where this one remembers nothing.
        return look.Server is { } server && (look.Remembered ?? stored).Server is { } before && !string.Equals(server, before, StringComparison.Ordinal)
            ? RegressionSign.OtherServer
            : RegressionSign.None;
    }

    /// <summary>Whether another leadership has written since: what was lost before that was its to find, and this process's memory proves nothing any more.</summary>
    public static bool IsOutdated(LaneMark remembered, LaneMark? stored) => stored is { } mark && mark.Epoch > remembered.Epoch;

    private static RegressionSign? FindBack(LaneLook look, LaneMark stored, LaneMark remembered)
    {
        if (stored.Stamp < remembered.Stamp)
            return RegressionSign.StampBack;
        if (stored.Consumed.Value < remembered.Consumed.Value)
            return RegressionSign.ConsumedBack;
        if (stored.Epoch < remembered.Epoch)
            return RegressionSign.EpochBack;
        return IsSlotLost(look) ? RegressionSign.SlotLost : null;
    }

    private static bool IsUnknown(LaneLook look, LaneMark stored)
    {
        var known = Math.Max(stored.Consumed.Value, look.TopOpen?.Next.Value ?? 0);
        return look.Consumed.Value > known && !look.HasNewestConsumed;
    }

    // Once it is consumed its slot may be closed, and a closed slot is no longer looked for here.
    private static bool IsSlotLost(LaneLook look) =>
        look.TopBound is { } bound && bound.Value >= look.Consumed.Value && (look.TopOpen is not { } top || top.Value < bound.Value);
}

using System.Collections.Immutable;

namespace Gateway.Server.Settlement;

/// <summary>Everything about nonces in use: slots are closed, and driven, and whose flows they settled is told; those that only pools know are taken back.</summary>
internal sealed class SlotKeeper(SlotCloser closer, SlotDriver driver, ForgottenNonces forgotten, OutlookKeeper outlook, LaneTeller teller)
{
    /// <returns>The slots that stay open, by nonce.</returns>
    public async Task<ImmutableArray<OpenSlot>> KeepAsync(LaneRound round, IReadOnlyList<OpenSlot> slots, CancellationToken cancellationToken)
    {
        var open = await closer.CloseAsync(round, slots, cancellationToken);
        var left = await forgotten.TakeBackAsync(round, await driver.DriveAsync(round, open, cancellationToken), cancellationToken);
        await outlook.KeepAsync(round, left, cancellationToken);
        return left;
    }

    /// <summary>Has accounts look that were found settled without a transaction, or that could not be told before.</summary>
    public Task TellAsync(CancellationToken cancellationToken) => teller.TellAsync(cancellationToken);
}

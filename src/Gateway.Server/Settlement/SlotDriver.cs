using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>Moves slots on that are not consumed yet: releases what was never signed, repeats, replaces (chain-and-transactions.md §2.6.3).</summary>
internal sealed class SlotDriver(LanePorts ports, LaneMemory memory, AttemptSender sender, LaneTroubles troubles)
{
    /// <returns>The slots that stay open.</returns>
    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task<ImmutableArray<OpenSlot>> DriveAsync(LaneRound round, ImmutableArray<OpenSlot> open, CancellationToken cancellationToken)
    {
        var left = open;
        var urgency = Urgency.Trim;
        // From the top: a slot can only be released while none stands above it, and is as urgent as what waits behind it.
        foreach (var slot in open.Reverse())
        {
            urgency = slot.Plan.Urgency < urgency ? slot.Plan.Urgency : urgency;
            if (await DriveAsync(round, slot, urgency, cancellationToken))
                left = left.Remove(slot);
        }

        return left;
    }

    private async Task<bool> DriveAsync(LaneRound round, OpenSlot slot, Urgency urgency, CancellationToken cancellationToken)
    {
        var ceiling = round.Fees.CeilingFor(urgency, memory.Pace.HourlyBaseFee);
        if (slot.Newest is { } newest && memory.LastResult(newest.Batch.Hash) == Broadcast.Invalid && newest.Kind != AttemptKind.Cancel)
        {
            await CancelAsync(round, slot, cancellationToken);
            return false;
        }

        var move = SlotPolicy.Next(AgeOf(slot), urgency, round.Head.BaseFee, ceiling, round.Fees, memory.Pace.BlockTime);
        switch (move.Kind)
        {
            case SlotMoveKind.Release:
                return await ports.Lane.ReleaseSlotAsync(round.Token, slot, cancellationToken);
            case SlotMoveKind.Bump when slot.Attempts.Length < SlotPolicy.MostAttempts:
                await BumpAsync(round, slot, move.Offer!, cancellationToken); // A bump carries its offer.
                return false;
            case SlotMoveKind.Bump or SlotMoveKind.Rebroadcast:
                await sender.SendAsync(slot.Newest!.Batch, cancellationToken); // Without an attempt the move is a release.
                return false;
            case SlotMoveKind.Wait or SlotMoveKind.Unspecified:
                return false;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private AttemptAge? AgeOf(OpenSlot slot) => slot.Newest is not { } newest
        ? null
        : new AttemptAge(
            newest.Batch.Fee, ports.Now - newest.At, memory.SinceSent(newest.Batch.Hash), memory.LastResult(newest.Batch.Hash) == Broadcast.Outbid);

    private async Task BumpAsync(LaneRound round, OpenSlot slot, FeeOffer offer, CancellationToken cancellationToken)
    {
        var former = slot.Newest!.Batch; // Only what was sent is replaced.
        var answer = await sender.AttemptAsync(round, slot, AttemptKind.Bump, ct => ports.Vehicle.ResignAsync(former, offer, ct), cancellationToken);
        if (answer == AttemptAnswer.OverBudget)
        {
            troubles.Met(LaneTrouble.OverBudget, $"slot {slot.Nonce} cannot be replaced at {offer.MaxFeePerGas} per gas");
            await sender.SendAsync(former, cancellationToken);
        }
    }

    /// <summary>No node would ever take the bytes, so no pool has them: nothing can be outbid, and an ordinary price is enough.</summary>
    private Task<AttemptAnswer> CancelAsync(LaneRound round, OpenSlot slot, CancellationToken cancellationToken) =>
        round.OfferFor(Urgency.StopLoss, memory.Pace.HourlyBaseFee) is { } offer
            ? sender.AttemptAsync(round, slot, AttemptKind.Cancel, ct => ports.Vehicle.SignCancelAsync(slot.Nonce, offer, ct), cancellationToken)
            : Task.FromResult(AttemptAnswer.Unspecified);
}

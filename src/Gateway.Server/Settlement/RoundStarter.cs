namespace Gateway.Server.Settlement;

/// <summary>Begins a round: who leads, what the newest executed block is, which slots are open, what things may cost, and whether Redis still knows what it knew.</summary>
internal sealed class RoundStarter(
    LanePorts ports, LaneLeadership leadership, LaneMemory memory, LaneRecovery recovery, LimitsWatch watch, LaneTroubles troubles)
{
    /// <returns>Null where another replica leads.</returns>
    public async Task<(LaneRound Round, IReadOnlyList<OpenSlot> Slots)?> BeginAsync(CancellationToken cancellationToken)
    {
        if (await leadership.KeepAsync(cancellationToken) is not { } token)
            return null;
        var asking = ports.Chain.HeadAsync(cancellationToken);
        var reading = ports.Lane.OpenSlotsAsync(cancellationToken);
        var limiting = watch.ReadAsync(cancellationToken);
        await Task.WhenAll(asking, reading, limiting);
        var (head, open, (limits, options)) = (await asking, await reading, await limiting);
        memory.Saw(head);
        if (limits.IsPaused)
            troubles.Met(LaneTrouble.PausedByHand, "nothing new is planned until whoever is on call lets it go on");
        else
            troubles.Over(LaneTrouble.PausedByHand);
        var round = new LaneRound(token, head, options.ToFeePolicy(), options);
        var standing = await recovery.StandingAsync(round, open, cancellationToken);
        return (round with
        {
            MayPlan = standing.MayPlan && !limits.IsPaused,
            QuietUntil = standing.QuietUntil,
            AssumedNavax = standing.AssumedNavax,
            IsOnlyUrgent = memory.Time.GetUtcNow() < memory.OnlyUrgentUntil,
        }, open);
    }
}

using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Gateway.Server.Storage;

namespace Gateway.Server.Settlement;

/// <summary>What a lane may do after what was found of its store.</summary>
/// <param name="MayPlan">False: nothing yet.</param>
/// <param name="AssumedNavax">What the day may have cost beyond what its budget says.</param>
/// <param name="QuietUntil">Of the newest loss; null: nothing was ever lost.</param>
internal sealed record LaneStanding(bool MayPlan, long AssumedNavax, DateTimeOffset? QuietUntil);

/// <summary>Finds out whether Redis went back in time, and if so keeps the lane from planning until what was lost is known again (chain-and-transactions.md §2.9).</summary>
/// <remarks>
/// Slots that are there are closed and driven all the same: whatever bytes exist, one per nonce is executed. What is planned afterwards starts at the
/// consumed count, never behind what pools hold: bytes that nobody here knows any more are outbid, and whichever is executed, the end state is read.
/// </remarks>
internal sealed partial class LaneRecovery(
    LanePorts ports, LaneMemory memory, LaneTroubles troubles, SettlementMetrics metrics, LaneSearch search, ILogger<LaneRecovery> logger)
{
    /// <summary>How long nothing is planned: what another leader still sends has arrived by then, and its leadership is over twice.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromTicks(Math.Max(TimeSpan.FromSeconds(30).Ticks, (LaneLeadership.Ttl * 2).Ticks));

    private static readonly TimeSpan AskServerEvery = TimeSpan.FromSeconds(1);

    private LaneMark? _remembered;
    private string? _server;
    private long? _serverAskedAt;
    private DateTimeOffset? _searched;

    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task<LaneStanding> StandingAsync(LaneRound round, IReadOnlyList<OpenSlot> open, CancellationToken cancellationToken)
    {
        var consumed = memory.HighWater; // A node that is behind must not look like a loss.
        var server = await ServerAsync(cancellationToken);
        var stored = await ports.Lane.ReadHighWaterAsync(consumed.Value == 0 ? null : new Nonce(consumed.Value - 1), cancellationToken);
        if (_remembered is { } mine && LaneRegression.IsOutdated(mine, stored.Mark))
        {
            _remembered = null;
            memory.Unbind();
        }

        var look = new LaneLook(stored.Mark, _remembered, server, consumed, stored.HasNewestConsumed, open.Count == 0 ? null : open[^1].Nonce, memory.TopBound);
        var sign = LaneRegression.Find(look);
        // Asked until it is written: whoever wrote the first mark may have died before he wrote this.
        var isNew = consumed.Value == 0 && sign == RegressionSign.None && stored.QuietUntil is null && !stored.IsJournalRead;
        var loss = sign == RegressionSign.None ? null : new LaneLoss(FromOf(stored.Mark), ports.Now + Quiet);
        var raised = await ports.Lane.RaiseHighWaterAsync(round.Token, consumed, round.Head.Block.Number, server, loss, cancellationToken)
            ?? throw new LaneDeposedException("the high-water mark");
        Remember(round, consumed, raised.Stamp, server);
        if (loss is not null)
            Begin(sign, look, loss);
        if (isNew && await ports.Lane.JournalReadAsync(round.Head.Block.Number, raised.QuietUntil, cancellationToken))
            raised = raised with { IsJournalRead = true }; // The operator has no past that could be told there.
        return await StandingAsync(round, raised, open, cancellationToken);
    }

    // What was stored before the mark's block was stored, and nothing is known to be lost of it; the rest is read with some overlap.
    private static BlockNumber FromOf(LaneMark? mark) => new(mark is { } m && m.Block.Value > LaneSearch.Blocks ? m.Block.Value - LaneSearch.Blocks : 0);

    private void Remember(LaneRound round, Nonce consumed, ulong stamp, string? server)
    {
        _remembered = new LaneMark(consumed, round.Head.Block.Number, stamp, LaneLeadership.EpochOf(round.Token), server);
    }

    private void Begin(RegressionSign sign, LaneLook look, LaneLoss loss)
    {
        memory.Unbind();
        metrics.Regressed(sign);
        LogRegressed(sign, look.Stored, look.Remembered, look.Consumed);
        troubles.Met(LaneTrouble.StoreRegressed, $"{sign}: nothing is planned before {loss.QuietUntil:O}");
    }

    private async Task<LaneStanding> StandingAsync(LaneRound round, RaisedHighWater raised, IReadOnlyList<OpenSlot> open, CancellationToken cancellationToken)
    {
        var assumed = raised.Assumed is { } costs && string.Equals(costs.Day, LaneStore.Window(ports.Now), StringComparison.Ordinal) ? costs.Navax : 0;
        var isMadeGood = raised.IsJournalRead && !(ports.Now < raised.QuietUntil);
        // Whoever leads meanwhile searches once himself: what pools hold, and what that must be outbid with, is remembered here alone.
        if (raised.QuietUntil is { } loss && loss != _searched && !(isMadeGood && raised.IsSearched))
        {
            if (await TrySearchAsync(round, loss, open, cancellationToken) is not { } found)
                return new LaneStanding(MayPlan: false, assumed, raised.QuietUntil);
            (_searched, assumed) = (loss, found);
        }
        else if (raised.QuietUntil is { } known && assumed > 0)
        {
            assumed = await search.GoOnAsync(round, known, open, assumed, cancellationToken);
        }

        if (assumed > 0)
            troubles.Met(LaneTrouble.CostsAssumed, $"{assumed} nAVAX of the day's budget count as spent by whatever can wait, until the chain has told what it was");
        else
            troubles.Over(LaneTrouble.CostsAssumed);
        if (isMadeGood)
        {
            troubles.Over(LaneTrouble.StoreRegressed);
            return new LaneStanding(MayPlan: true, assumed, raised.QuietUntil);
        }

        troubles.Met(
            LaneTrouble.StoreRegressed, raised.IsJournalRead ? $"nothing is planned before {raised.QuietUntil:O}" : "the journal on chain has not been read yet");
        return new LaneStanding(MayPlan: false, assumed, raised.QuietUntil);
    }

    // Slots that are there need none of it: they are closed and driven while it fails.
    private async Task<long?> TrySearchAsync(LaneRound round, DateTimeOffset loss, IReadOnlyList<OpenSlot> open, CancellationToken cancellationToken)
    {
        long assumed;
        try
        {
            assumed = await search.RunAsync(round, loss, open, cancellationToken);
        }
        catch (ChainException e)
        {
            troubles.Met(LaneTrouble.StoreRegressed, $"what was sent before cannot be searched for: {e.Message}");
            return null;
        }

        await ports.Lane.SearchedAsync(loss, cancellationToken);
        return assumed;
    }

    private async Task<string?> ServerAsync(CancellationToken cancellationToken)
    {
        if (_serverAskedAt is { } at && ports.Time.GetElapsedTime(at) < AskServerEvery)
            return _server;
        _server = await ports.Lane.ServerAsync(cancellationToken);
        _serverAskedAt = ports.Time.GetTimestamp();
        return _server;
    }

    [LoggerMessage(
        EventId = 7190, Level = LogLevel.Critical, Message = "Redis went back in time, or lost everything: {Sign}. It has {Stored}, remembered is {Remembered}, the chain has consumed {Consumed} nonces. Nothing is planned until the journal on chain is read.")]
    private partial void LogRegressed(RegressionSign sign, LaneMark? stored, LaneMark? remembered, Nonce consumed);
}

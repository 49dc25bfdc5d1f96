using Gateway.Chain.Transport;
using Gateway.Server.Storage;

namespace Gateway.Server.Settlement;

/// <summary>What a step leaves behind, as far as the loop must know.</summary>
internal enum StepResult
{
    Unspecified = 0,

    /// <summary>Another replica leads.</summary>
    NotLeading = 1,

    /// <summary>Nothing is due.</summary>
    Idle = 2,

    /// <summary>A slot is open, or something waits for the next block.</summary>
    Waiting = 3,

    /// <summary>There is more to do at once.</summary>
    Again = 4,

    /// <summary>Something is out of reach; nothing is lost.</summary>
    Troubled = 5,
}

/// <summary>One run of the lane's loop (chain-and-transactions.md §2.6): close, drive, take over, plan. Late phases come first, so that nothing moves twice.</summary>
/// <remarks>
/// Every phase reads what it acts on, so the step may be stopped between any two writes and begun anew by another process: recovery is this loop, there is
/// no other path. Run by one caller at a time.
/// </remarks>
internal sealed class SettlementStep(RoundStarter starter, SlotKeeper slots, MarkTaker marks, BatchMaker batches, LaneLeadership leadership, LaneTroubles troubles)
{
    public async Task<StepResult> RunOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            var result = await RunHeldAsync(cancellationToken);
            if (result != StepResult.NotLeading)
                troubles.Over(LaneTrouble.ChainSilent);
            troubles.Over(LaneTrouble.StoreSilent);
            troubles.Over(LaneTrouble.SignerSilent);
            return result;
        }
        catch (LaneDeposedException)
        {
            leadership.Lose();
            return StepResult.NotLeading;
        }
        catch (ChainException e)
        {
            troubles.Met(LaneTrouble.ChainSilent, e.Message);
        }
        catch (StoreUnavailableException e)
        {
            troubles.Met(LaneTrouble.StoreSilent, e.Message);
        }
        catch (SignerUnavailableException e)
        {
            troubles.Met(LaneTrouble.SignerSilent, e.Message);
        }

        return StepResult.Troubled;
    }

    /// <summary>Lets another replica take over at once.</summary>
    public Task ResignAsync(CancellationToken cancellationToken) => leadership.ResignAsync(cancellationToken);

    private async Task<StepResult> RunHeldAsync(CancellationToken cancellationToken)
    {
        using var done = new CancellationTokenSource();
        var holding = leadership.HoldAsync(done.Token);
        try
        {
            return await RunAsync(cancellationToken);
        }
        finally
        {
            End(done);
            await holding;
        }
    }

    // At once: all that listens is a delay, and a hop to another thread would leave the order of a simulated step to chance.
    private static void End(CancellationTokenSource holding) => holding.Cancel();

    private async Task<StepResult> RunAsync(CancellationToken cancellationToken)
    {
        if (await starter.BeginAsync(cancellationToken) is not var (round, all))
            return StepResult.NotLeading;
        var open = await slots.KeepAsync(round, all, cancellationToken);
        await marks.TakeOverAsync(cancellationToken);
        var result = await batches.MakeAsync(round, open, cancellationToken);
        await slots.TellAsync(cancellationToken);
        return result;
    }
}

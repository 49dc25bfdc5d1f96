using System.Collections.Immutable;

namespace Gateway.Server.Settlement;

/// <summary>Simulates a batch as a whole, and takes out what the chain would refuse: a batch is all or nothing and does not say who failed.</summary>
internal sealed class BatchSieve(LanePorts ports, CulpritJudge judge, BatchGas gas)
{
    /// <summary>Accounts taken out in one round; the others have the next one.</summary>
    private const int MostCulprits = 8;

    /// <returns>What passes, with its gas limit; null where nothing is left of it.</returns>
    public async Task<ReadyBatch?> SiftAsync(LaneRound round, BatchDraft draft, CancellationToken cancellationToken)
    {
        // Usually all passes, and then the estimate is needed: it costs no time beside the simulation.
        var estimating = gas.TryEstimateAsync(draft, round.Head.Block.Number, cancellationToken);
        var sifted = await Sifting.SiftAsync(
            draft.Accounts, accounts => SimulateAsync(round, accounts, cancellationToken), MostCulprits);
        var estimate = await estimating;
        if (sifted.Culprits.Count == 0)
            return await gas.LimitAsync(round, draft, estimate, cancellationToken);

        var salvaged = ImmutableArray.CreateBuilder<DraftedAccount>();
        foreach (var culprit in sifted.Culprits)
        {
            if (await judge.JudgeAsync(round, culprit.Item, culprit.Why, cancellationToken) is { } rest)
                salvaged.Add(rest);
        }

        ImmutableArray<DraftedAccount> passing = [.. sifted.Passing];
        if (salvaged.Count > 0 && await SimulateAsync(round, [.. passing, .. salvaged], cancellationToken) is null)
            passing = [.. passing, .. salvaged];
        return passing.IsEmpty ? null : await gas.LimitAsync(round, new BatchDraft(passing), estimate: null, cancellationToken);
    }

    private Task<SimulationFailure?> SimulateAsync(LaneRound round, IReadOnlyList<DraftedAccount> accounts, CancellationToken cancellationToken) =>
        ports.Vehicle.SimulateAsync([.. accounts.SelectMany(a => a.Operations)], round.Head.Block.Number, round.Bound.Gas, cancellationToken);
}

using System.Collections.Immutable;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>The gas limit of a batch, or a smaller batch that has one (chain-and-transactions.md §2.8).</summary>
internal sealed partial class BatchGas(LanePorts ports, ILogger<BatchGas> logger)
{
    /// <returns>Null where the node gives no estimate: the chain moved on since the simulation, or it is more than the node lets anybody use.</returns>
    public async Task<ulong?> TryEstimateAsync(BatchDraft draft, BlockNumber block, CancellationToken cancellationToken)
    {
        try
        {
            return await ports.Vehicle.EstimateGasAsync(draft.Operations, block, cancellationToken);
        }
        catch (ExecutionRevertedException)
        {
            return null;
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.OutOfGas)
        {
            return null;
        }
    }

    /// <param name="estimate">Of exactly this draft, where it is known already.</param>
    /// <returns>Null: nothing of it can go now.</returns>
    public async Task<ReadyBatch?> LimitAsync(LaneRound round, BatchDraft draft, ulong? estimate, CancellationToken cancellationToken)
    {
        // Each turn halves the batch, or takes something out of it.
        while (!draft.IsEmpty)
        {
            estimate ??= await TryEstimateAsync(draft, round.Head.Block.Number, cancellationToken);
            var decision = Decide(round, draft, estimate);
            if (decision.Limit is { } limit)
                return new ReadyBatch(draft, limit);
            draft = decision.Refusal == GasRefusal.FarAboveExpected
                ? await WithoutGreedyAsync(round, draft, cancellationToken)
                : await HalfOfAsync(draft, $"it needs {estimate} gas, more than a transaction may ask for", cancellationToken);
            estimate = null;
        }

        return null;
    }

    private static GasDecision Decide(LaneRound round, BatchDraft draft, ulong? estimate)
    {
        if (estimate is not { } gas)
            return GasDecision.Refused(GasRefusal.AboveBound);
        // A single step that is larger than our share of a block still goes, or it would wait for ever.
        var isSmallest = draft.Accounts is [{ Plan.Steps.Length: 1 }];
        var bound = isSmallest ? new GasBound(Math.Min(round.Head.GasLimit, GasBound.MaxTransactionGas)) : round.Bound;
        return GasPlan.Decide(gas, draft.ExpectedGas, bound);
    }

    /// <summary>Without those that alone need more than twice what such operations use: a callback, or other contracts than we think.</summary>
    private async Task<BatchDraft> WithoutGreedyAsync(LaneRound round, BatchDraft draft, CancellationToken cancellationToken)
    {
        if (draft.Accounts.Length == 1)
            return await HalfOfAsync(draft, "it needs more than twice the gas of such operations", cancellationToken);
        var alone = draft.Accounts.Select(a => new BatchDraft([a])).ToImmutableArray();
        var estimates = await Task.WhenAll(alone.Select(d => TryEstimateAsync(d, round.Head.Block.Number, cancellationToken)));
        var modest = alone.Zip(estimates).Where(p => p.Second is { } gas && gas <= 2 * p.First.ExpectedGas).SelectMany(p => p.First.Accounts).ToImmutableArray();
        foreach (var greedy in draft.Accounts.Except(modest))
            await PutOffAsync(greedy, "it needs more than twice the gas of such operations", cancellationToken);
        return modest.Length < draft.Accounts.Length ? new BatchDraft(modest) : await HalfOfAsync(draft, "", cancellationToken);
    }

    private async Task<BatchDraft> HalfOfAsync(BatchDraft draft, string why, CancellationToken cancellationToken)
    {
        if (draft.Accounts.Length > 1)
            return new BatchDraft(draft.Accounts[..(draft.Accounts.Length / 2)]);
        var (account, steps) = (draft.Accounts[0], draft.Accounts[0].Plan.Steps);
        if (steps.Length > 1)
            return new BatchDraft([account.With(steps[..(steps.Length / 2)])]);
        await PutOffAsync(account, why, cancellationToken);
        return new BatchDraft([]);
    }

    private async Task PutOffAsync(DraftedAccount account, string why, CancellationToken cancellationToken)
    {
        LogGreedy(account.Plan.Account, why);
        foreach (var flow in account.Flows)
            await ports.Lane.BackOffAsync(flow.Flow, flow.Generation, ports.Now + BackOff.After(flow.Fails), why, cancellationToken);
    }

    [LoggerMessage(EventId = 7180, Level = LogLevel.Error, Message = "Not paid for the account {Account}: {Why}.")]
    private partial void LogGreedy(AccountKey account, string why);
}

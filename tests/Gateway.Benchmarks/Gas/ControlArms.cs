using Gateway.Benchmarks.Load;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Benchmarks.Gas;

/// <summary>What somebody would send for the same changes who saves less, or who knew the whole burst beforehand.</summary>
/// <param name="KnowsBurst">It plans a burst as a whole; the others plan each second's changes as they come.</param>
internal sealed record ControlArm(
    string Name, bool KnowsBurst, Func<ControlPlanner, IReadOnlyList<IReadOnlyList<FlowMove>>, IEnumerable<PlannedTransaction>> Plan)
{
    /// <summary>From the baseline on, each with one thing more.</summary>
    public static readonly IReadOnlyList<ControlArm> All =
    [
        new("one transaction per leg and change", KnowsBurst: false, (planner, moves) => moves.SelectMany(m => m).Select(planner.Single)),
        new("one transaction per change, both legs", KnowsBurst: false, (planner, moves) => moves.SelectMany(planner.Pack)),
        new("batches, every change made", KnowsBurst: false, (planner, moves) => planner.Pack(moves.SelectMany(m => m))),
        new("… one operation per flow and burst", KnowsBurst: true, (planner, moves) => planner.Pack(Coalesce(moves))),
        new("… none for a flow that ends where it was", KnowsBurst: true, (planner, moves) => planner.Pack(Coalesce(moves).Where(m => m.Before != m.After))),
    ];

    /// <summary>Each flow from where the burst found it to where it leaves it.</summary>
    private static IEnumerable<FlowMove> Coalesce(IReadOnlyList<IReadOnlyList<FlowMove>> moves) =>
        moves.SelectMany(m => m).GroupBy(m => m.Flow).Select(g => new FlowMove(g.Key, g.First().Before, g.Last().After));
}

/// <summary>Signed later, since the nonce is the chain's to say.</summary>
internal sealed record PlannedTransaction(byte[] Data, int Operations, ulong GasLimit);

/// <summary>Flow moves → calls of the Host by the operator, with the gas limits that the gateway would give them.</summary>
internal sealed class ControlPlanner(SuperfluidContracts contracts)
{
    private const ulong MostGas = GasBound.MaxTransactionGas;

    public PlannedTransaction Single(FlowMove move)
    {
        var (kinds, calls) = Calls(move);
        return new PlannedTransaction(HostCalls.CallAgreement(contracts.Cfa, calls[0], userData: []), 1, LimitOf(kinds));
    }

    /// <summary>As many as one transaction may carry in each, in the given order.</summary>
    public IEnumerable<PlannedTransaction> Pack(IEnumerable<FlowMove> moves)
    {
        var batch = new List<(FlowOperationKind Kind, byte[] Call)>();
        foreach (var operation in moves.Select(Calls).SelectMany(c => c.Kinds.Zip(c.Calls)))
        {
            if (batch.Count > 0 && LimitOf([.. batch.Select(b => b.Kind), operation.First]) > MostGas)
            {
                yield return BatchOf(batch);
                batch.Clear();
            }

            batch.Add(operation);
        }

        if (batch.Count > 0)
            yield return BatchOf(batch);
    }

    private PlannedTransaction BatchOf(List<(FlowOperationKind Kind, byte[] Call)> batch) => new(
        HostCalls.Batch(batch.Select(b => HostOperation.CallAgreement(contracts.Cfa, b.Call, userData: []))), batch.Count, LimitOf([.. batch.Select(b => b.Kind)]));

    private static ulong LimitOf(IReadOnlyList<FlowOperationKind> kinds) =>
        GasPlan.WithHeadroom(kinds.Aggregate(GasTable.Measured.Base, (sum, kind) => sum + GasTable.Measured.Use(kind)));

    private static (FlowOperationKind[] Kinds, byte[][] Calls) Calls(FlowMove move) => (move.Before.IsZero, move.After.IsZero) switch
    {
        (true, false) => ([FlowOperationKind.Create], [FlowCalls.CreateByOperator(move.Flow, move.After)]),
        (false, false) => ([FlowOperationKind.Update], [FlowCalls.UpdateByOperator(move.Flow, move.After)]),
        (false, true) => ([FlowOperationKind.Delete], [FlowCalls.DeleteByOperator(move.Flow)]),
        // Opened and closed within the burst: whoever does not net makes it and takes it away again.
        (true, true) => (
            [FlowOperationKind.Create, FlowOperationKind.Delete],
            [FlowCalls.CreateByOperator(move.Flow, FlowRate.FromWeiPerSecond(1)), FlowCalls.DeleteByOperator(move.Flow)]),
    };
}

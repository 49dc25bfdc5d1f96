namespace Gateway.Domain.Settlement;

/// <summary>What a batch of flow operations uses, as a straight line above every figure of superfluid.md §5 (contracts 1.15.2).</summary>
/// <param name="Base">Once per batch: the transaction, the Host, and what the first operation warms up for the others.</param>
/// <param name="UserData">Per operation: a record of 256 bytes, calldata and event.</param>
/// <remarks>Gas of the protocol as deployed may differ by a few per cent; the line is data, so that it can be calibrated.</remarks>
public sealed record GasTable(ulong Base, ulong Create, ulong Update, ulong Delete, ulong UserData)
{
    public static readonly GasTable Measured = new(Base: 96_000, Create: 221_000, Update: 200_000, Delete: 192_000, UserData: 8_000);

    /// <summary>Expected use of a batch, in gas.</summary>
    public ulong Expected(IEnumerable<FlowOperation> operations) =>
        operations.Aggregate(Base, (sum, operation) => sum + Use(operation.Kind));

    /// <summary>Expected use of one operation beside others, without <see cref="Base"/>.</summary>
    public ulong Use(FlowOperationKind kind) => UserData + kind switch
    {
        FlowOperationKind.Create => Create,
        FlowOperationKind.Update => Update,
        FlowOperationKind.Delete => Delete,
        FlowOperationKind.Unspecified => 0,
    };
}

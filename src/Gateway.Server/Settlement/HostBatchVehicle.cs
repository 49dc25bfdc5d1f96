using Gateway.Chain.Rpc;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transactions;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Chains;

namespace Gateway.Server.Settlement;

/// <summary>Operations as one <c>Host.batchCall</c> from the operator's key: all of them or none.</summary>
internal sealed class HostBatchVehicle(ChainDirectory directory, ITransactionSigner signer, IEthRpc rpc) : IBatchVehicle
{
    /// <summary>What nodes let one call use (coreth's rpc-gas-cap): the second try of a simulation that ran dry.</summary>
    private const ulong MostCallGas = 50_000_000;

    private const ulong CancelGas = 21_000;

    private readonly SuperfluidContracts _contracts = directory.Deployment.Contracts;
    private readonly ChainId _chain = directory.Deployment.ChainId;

    public Address Operator => signer.Address;

    public async Task<SimulationFailure?> SimulateAsync(
        IReadOnlyList<BatchOperation> operations, BlockNumber block, ulong gas, CancellationToken cancellationToken)
    {
        var call = CallOf(operations);
        var revert = await TryAsync(call with { Gas = gas }, block, cancellationToken);
        if (revert is { Class: RevertClass.Gas })
            revert = await TryAsync(call with { Gas = MostCallGas }, block, cancellationToken);
        return revert is null ? null : new SimulationFailure(OwnerOf(revert.Class), revert.Reason, revert.Name);
    }

    public Task<ulong> EstimateGasAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, CancellationToken cancellationToken) =>
        rpc.EstimateGasAsync(CallOf(operations), block, cancellationToken);

    public Task<SignedBatch> SignAsync(
        IReadOnlyList<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee, CancellationToken cancellationToken) => SignAsync(
            new Eip1559Transaction(
                _chain, nonce, fee.MaxPriorityFeePerGas, fee.MaxFeePerGas, gasLimit, _contracts.Host, Wei.Zero, HostCalls.Batch(operations.Select(Encode))),
            cancellationToken);

    public Task<SignedBatch> ResignAsync(SignedBatch batch, FeeOffer fee, CancellationToken cancellationToken)
    {
        var (former, _) = Eip1559Transaction.Decode(batch.Raw.Span);
        return SignAsync(former with { MaxFeePerGas = fee.MaxFeePerGas, MaxPriorityFeePerGas = fee.MaxPriorityFeePerGas }, cancellationToken);
    }

    public Task<SignedBatch> SignCancelAsync(Nonce nonce, FeeOffer fee, CancellationToken cancellationToken) => SignAsync(
        new Eip1559Transaction(_chain, nonce, fee.MaxPriorityFeePerGas, fee.MaxFeePerGas, CancelGas, Operator, Wei.Zero, []), cancellationToken);

    private async Task<SignedBatch> SignAsync(Eip1559Transaction transaction, CancellationToken cancellationToken)
    {
        var signed = await transaction.SignAsync(signer, cancellationToken);
        return new SignedBatch(
            signed.Hash, signed.Raw, new FeeOffer(transaction.MaxFeePerGas, transaction.MaxPriorityFeePerGas), transaction.GasLimit);
    }

    private CallRequest CallOf(IReadOnlyList<BatchOperation> operations) =>
        new(_contracts.Host, HostCalls.Batch(operations.Select(Encode)), From: Operator);

    private HostOperation Encode(BatchOperation operation) =>
        HostOperation.CallAgreement(_contracts.Cfa, CallDataOf(operation.Operation), operation.UserData.ToArray());

    private static byte[] CallDataOf(FlowOperation operation)
    {
        var flow = operation.Flow;
        return (operation.Kind, operation.ByOperator) switch
        {
            (FlowOperationKind.Create, true) => FlowCalls.CreateByOperator(flow, operation.Rate),
            (FlowOperationKind.Create, false) => FlowCalls.Create(flow.SuperToken, flow.Payee, operation.Rate),
            (FlowOperationKind.Update, true) => FlowCalls.UpdateByOperator(flow, operation.Rate),
            (FlowOperationKind.Update, false) => FlowCalls.Update(flow.SuperToken, flow.Payee, operation.Rate),
            (FlowOperationKind.Delete, true) => FlowCalls.DeleteByOperator(flow),
            (FlowOperationKind.Delete, false) => FlowCalls.Delete(flow.SuperToken, flow.Payer, flow.Payee),
            (FlowOperationKind.Unspecified, _) => throw new ArgumentException("An operation without a kind.", nameof(operation)),
        };
    }

    private async Task<Revert?> TryAsync(CallRequest call, BlockNumber block, CancellationToken cancellationToken)
    {
        try
        {
            await rpc.CallAsync(call, block, cancellationToken);
            return null;
        }
        catch (ExecutionRevertedException e)
        {
            return SuperfluidErrors.Classify([.. e.RevertData]);
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.OutOfGas)
        {
            return SuperfluidErrors.Classify([]);
        }
    }

    private static FailureOwner OwnerOf(RevertClass revert) => revert switch
    {
        RevertClass.Customer => FailureOwner.Customer,
        RevertClass.Payee => FailureOwner.Payee,
        RevertClass.Stale => FailureOwner.Transient,
        RevertClass.Input or RevertClass.Gas or RevertClass.Ours or RevertClass.Unspecified => FailureOwner.Ours,
    };
}

using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Passes everything on; a test changes one method of it.</summary>
internal class VehicleDecorator(IBatchVehicle inner) : IBatchVehicle
{
    public Address Operator => inner.Operator;

    public Task<SimulationFailure?> SimulateAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, ulong gas, CancellationToken cancellationToken) =>
        inner.SimulateAsync(operations, block, gas, cancellationToken);

    public Task<ulong> EstimateGasAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, CancellationToken cancellationToken) =>
        inner.EstimateGasAsync(operations, block, cancellationToken);

    public virtual Task<SignedBatch> SignAsync(
        IReadOnlyList<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee, CancellationToken cancellationToken) =>
        inner.SignAsync(operations, nonce, gasLimit, fee, cancellationToken);

    public virtual Task<SignedBatch> ResignAsync(SignedBatch batch, FeeOffer fee, CancellationToken cancellationToken) =>
        inner.ResignAsync(batch, fee, cancellationToken);

    public Task<SignedBatch> SignCancelAsync(Nonce nonce, FeeOffer fee, CancellationToken cancellationToken) =>
        inner.SignCancelAsync(nonce, fee, cancellationToken);
}

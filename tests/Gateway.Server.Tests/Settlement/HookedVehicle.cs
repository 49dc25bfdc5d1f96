using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;

namespace Gateway.Server.Tests.Settlement;

/// <summary>A vehicle that lets a test look at what is signed, and act just before.</summary>
internal sealed class HookedVehicle(IBatchVehicle inner) : IBatchVehicle
{
    public Func<Task>? BeforeSigning { get; set; }

    /// <summary>Every operation that was signed.</summary>
    public List<BatchOperation> Signed { get; } = [];

    public Address Operator => inner.Operator;

    public Task<SimulationFailure?> SimulateAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, ulong gas, CancellationToken cancellationToken) =>
        inner.SimulateAsync(operations, block, gas, cancellationToken);

    public Task<ulong> EstimateGasAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, CancellationToken cancellationToken) =>
        inner.EstimateGasAsync(operations, block, cancellationToken);

    public async Task<SignedBatch> SignAsync(
        IReadOnlyList<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee, CancellationToken cancellationToken)
    {
        Signed.AddRange(operations);
        if (BeforeSigning is { } hook)
            await hook();
        return await inner.SignAsync(operations, nonce, gasLimit, fee, cancellationToken);
    }

    public Task<SignedBatch> ResignAsync(SignedBatch batch, FeeOffer fee, CancellationToken cancellationToken) =>
        inner.ResignAsync(batch, fee, cancellationToken);

    public Task<SignedBatch> SignCancelAsync(Nonce nonce, FeeOffer fee, CancellationToken cancellationToken) =>
        inner.SignCancelAsync(nonce, fee, cancellationToken);
}

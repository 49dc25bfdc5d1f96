using System.Collections.Immutable;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Rpc;

/// <summary>Many small views at one block: in one call where the node takes state overrides, else in one batch.</summary>
public static class ManyViews
{
    /// <returns>Null for a view that has no answer.</returns>
    /// <exception cref="ChainException">None of them can be read.</exception>
    public static async Task<ImmutableArray<byte[]?>> AskAsync(IEthRpc rpc, IReadOnlyList<CallRequest> requests, BlockNumber at, CancellationToken cancellationToken)
    {
        try
        {
            return ViewScript.Read(await rpc.CallAsync(ViewScript.Of(requests), at, cancellationToken), requests.Count);
        }
        catch (Exception e) when (e is FormatException or RpcRefusedException { IsRetryable: false } or ExecutionRevertedException)
        {
            // It knows no overrides, or allows a call less gas than this takes.
            return [.. await rpc.CallBatchAsync(requests, at, cancellationToken)];
        }
    }
}

using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Rpc;

/// <summary>Blocks that must be there, since a log or a newer head says so.</summary>
public static class RequiredBlocks
{
    /// <exception cref="RpcFailedException"><see cref="RpcFailure.Contradictory"/>: nobody has it.</exception>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    public static async Task<BlockHeader> RequireBlockAsync(this IEthRpc rpc, BlockNumber number, CancellationToken cancellationToken) =>
        await rpc.GetBlockAsync(number, cancellationToken)
        ?? throw new RpcFailedException(
            new RpcOrigin("all endpoints", "eth_getBlockByNumber"), RpcFailure.Contradictory, $"nobody has block {number}, which must be there");
}

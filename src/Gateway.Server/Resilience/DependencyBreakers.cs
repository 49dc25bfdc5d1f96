using Gateway.Domain.Leases;
using Gateway.Server.Storage;

namespace Gateway.Server.Resilience;

/// <summary>Everything the gateway needs from others, and whether it gets it: for OperationsService, readiness and a gauge.</summary>
internal sealed class DependencyBreakers
{
    private readonly RpcPool _pool;
    private readonly RedisPipelines _redis;
    private readonly SignerPipeline _signer;
    private readonly DependencyRegistry _others;

    public DependencyBreakers(RpcPool pool, RedisPipelines redis, SignerPipeline signer, DependencyRegistry others, ChainMetrics metrics)
    {
        (_pool, _redis, _signer, _others) = (pool, redis, signer, others);
        metrics.WatchDependencies(this);
    }

    public IReadOnlyList<DependencyState> Snapshot() =>
        [.. _pool.Endpoints.Select(e => e.ToState()), _redis.Breaker.ToState("redis"), _signer.Breaker.ToState("signer"), .. _others.Snapshot()];

    /// <summary>At least one RPC endpoint may be asked.</summary>
    public bool CanAskChain => _pool.Endpoints.Any(e => e.ToState().State is BreakerState.Closed or BreakerState.HalfOpen);
}

using Gateway.Domain.Leases;
using Gateway.Server.Evaluation;

namespace Gateway.Benchmarks.Scale;

/// <summary>What a Polly circuit breaker weighs in memory, if every lease had one for as long as it lives.</summary>
internal static class BreakerWeight
{
    private const int Samples = 20_000;

    public static long BytesEach()
    {
        var options = new BreakerOptions();
        var kept = new LeaseCircuit[Samples];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Samples; i++)
            kept[i] = new LeaseCircuit(options, TimeProvider.System).Restore(LeaseBreaker.ClosedAt(DateTimeOffset.UnixEpoch), DateTimeOffset.UnixEpoch);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(kept);
        return (after - before) / Samples;
    }
}

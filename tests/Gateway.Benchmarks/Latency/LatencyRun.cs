using Gateway.Benchmarks.Chains;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Client;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Superfluid.Gateway.V1;

namespace Gateway.Benchmarks.Latency;

/// <summary>One change on an idle lane, as its scheduler and the chain saw it.</summary>
/// <param name="BroadcastAt">When the chain's pool had the transaction.</param>
/// <param name="VerifiedAt">When the scheduler was told that the chain pays, or that the lease is over.</param>
/// <param name="Blocks">Blocks from the head at the broadcast to the one that has the transaction.</param>
internal sealed record TimedChange(
    ChangeKind Kind, DateTimeOffset AskedAt, DateTimeOffset AcceptedAt, DateTimeOffset BroadcastAt, DateTimeOffset VerifiedAt, int Blocks);

/// <summary>Changes one after the other, each on a lane that has nothing to do, at any moment within a block.</summary>
internal sealed class LatencyRun(BenchWorld world, TimeProvider time)
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly Random _random = new(1);

    private DevnetChain Chain => world.Devnet.Chain;

    public async Task<IReadOnlyList<TimedChange>> RunAsync(IReadOnlyList<VmChange> changes, RawSends raw, PoolWatch pool, CancellationToken cancellationToken)
    {
        using var client = new SchedulerClient(world.Devnet.GrpcUrl);
        using var loop = new OpenLoop(client, Chain.Accounts.Community.Address, time);
        await using var states = LeaseStates.Watch(client, time, cancellationToken);
        var timed = new List<TimedChange>();
        foreach (var change in changes)
        {
            await Task.Delay(LeastPause + (_random.NextDouble() * BenchWorld.BlockTime), time, cancellationToken);
            await raw.SendAsync(cancellationToken);
            await Task.Delay(LeastPause + (_random.NextDouble() * BenchWorld.BlockTime), time, cancellationToken);
            var known = pool.Seen.Keys.ToHashSet();
            var head = await Chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken);
            var submitted = (await loop.RunAsync([change with { Due = TimeSpan.Zero }], cancellationToken))[0];
            if (submitted.Lease is not { } lease)
                throw new InvalidOperationException($"A change was refused: {submitted.Refusal}");
            var (hash, broadcastAt) = await FirstNewAsync(pool, known, cancellationToken);
            var verifiedAt = await states.UntilAsync(change.Lease, s => IsThere(s, change, lease.Version), Patience, cancellationToken);
            var receipt = await Chain.Sender.ReceiptAsync(hash, cancellationToken);
            timed.Add(new TimedChange(
                change.Kind, submitted.DueAt, submitted.AcceptedAt, broadcastAt, verifiedAt, (int)(receipt.Block.Number.Value - head.Value)));
        }

        return timed;
    }

    private static bool IsThere(Lease lease, VmChange change, ulong version) => change.Kind == ChangeKind.Close
        ? lease.State == LeaseState.Closed
        : lease.State == LeaseState.Active && lease.Version >= version && lease.FlowRate == change.Rate.ToDecimal();

    private async Task<(Hash32 Hash, DateTimeOffset At)> FirstNewAsync(PoolWatch pool, HashSet<Hash32> known, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < Patience)
        {
            if (pool.Seen.Where(s => !known.Contains(s.Key)).OrderBy(s => s.Value).FirstOrDefault() is { Key: { } hash } first)
                return (hash, first.Value);
            await Task.Delay(PollInterval, time, cancellationToken);
        }

        throw new TimeoutException("Nothing was broadcast for a change.");
    }
}

using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Resilience;

namespace Gateway.Server.Rebuilding;

/// <summary>Whose word on the journal counts: a node that began with somebody else's state answers [] for blocks that it never had, and no error.</summary>
/// <remarks>One that has the header of the first block was there from then on. The others are asked all the same: what any of them has is taken.</remarks>
internal sealed class JournalWitnesses(RpcPool rpc, ChainDirectory directory)
{
    /// <summary>Two where there are two. One on another chain can never answer, and is not waited for.</summary>
    public int Wanted => Math.Min(2, Present.Count);

    private List<RpcEndpoint> Present => [.. rpc.Endpoints.Where(e => !e.IsQuarantined)];

    /// <summary>Asks those that are not known to be witnesses yet.</summary>
    /// <param name="to">Executed.</param>
    /// <exception cref="ChainException">There are too few.</exception>
    public async Task FindAsync(JournalScan scan, BlockNumber to, CancellationToken cancellationToken)
    {
        // Every node has the genesis block.
        var first = new BlockNumber(Math.Min(to.Value, Math.Max(1, scan.From.Value)));
        var asked = Present.Where(e => !scan.IsWitness(e.Name));
        var attempts = await Task.WhenAll(asked.Select(e => Attempt.OfAsync(e, endpoint => endpoint.Rpc.GetBlockAsync(first, cancellationToken))));
        scan.Trust(attempts.Where(a => a.Failure is null && a.Answer is not null).Select(a => a.Endpoint.Name));
        if (Present.Count(e => scan.IsWitness(e.Name)) >= Wanted)
            return;
        var counts = await rpc.GetTransactionCountPerEndpointAsync(directory.Operator, cancellationToken);
        if (counts.Any(c => c.Count.Value > 0))
            throw TooFew($"the operator has a past, and the journal of it is not believed: block {first} is missing at {Names(a => a.Failure is null)}, no answer from {Names(a => a.Failure is not null)}");
        // It never sent anything: nothing of it can be missing.
        scan.Trust(Present.Select(e => e.Name));

        string Names(Func<Attempt<Gateway.Chain.Rpc.BlockHeader?>, bool> which) =>
            string.Join(", ", attempts.Where(a => which(a) && a.Answer is null).Select(a => a.Endpoint.Name).DefaultIfEmpty("none"));
    }

    /// <exception cref="ChainException">Too few of them are among those that answered: what was asked is asked again.</exception>
    public int Count(JournalScan scan, SeenLogs seen)
    {
        var answered = seen.Answered.Count(scan.IsWitness);
        return answered >= Wanted ? answered : throw TooFew($"from block {scan.Next} on {answered} answered of {Wanted} that are needed");
    }

    private static RpcFailedException TooFew(string why) => new(new RpcOrigin("the pool", "eth_getLogs"), RpcFailure.NotAsked, why);
}

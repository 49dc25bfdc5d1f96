using Gateway.Benchmarks.Chains;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Client;
using Superfluid.Gateway.V1;

namespace Gateway.Benchmarks.Throughput;

/// <param name="Verified">From the last request's due time until every flow was right and the gateway had told so of every lease; null: not in time.</param>
internal sealed record ThroughputResult(
    int Accepted, Samples Answers, SentChanges.Result Sent, IReadOnlyList<MinedTransaction> Transactions, TimeSpan Lasted, TimeSpan? Right, TimeSpan? Verified)
{
    public ulong Gas => Transactions.Aggregate(0UL, (sum, t) => sum + t.GasUsed);
}

/// <summary>A stream of changes on leases that are paid already.</summary>
internal sealed class ThroughputRun(BenchWorld world, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public async Task<ThroughputResult> RunAsync(
        IReadOnlyList<VmChange> opens, IReadOnlyList<VmChange> changes, IEnumerable<KeyValuePair<string, string>> settings, CancellationToken cancellationToken)
    {
        var chain = world.Devnet.Chain;
        await using var server = await world.StartGatewayAsync(cancellationToken, settings);
        await using var pool = await PoolWatch.StartAsync(chain.Anvil.WebSocketUrl, time, cancellationToken);
        using var client = new SchedulerClient(world.Devnet.GrpcUrl);
        using var loop = new OpenLoop(client, chain.Accounts.Community.Address, time);
        var ledger = new FlowLedger(chain.Tokens.Aleph, chain.Accounts.Community.Address);
        var check = new FlowCheck(world.Devnet, time);
        Apply(ledger, await loop.RunAsync(opens, cancellationToken));
        await check.UntilRightAsync(ledger.Flows, Patience, cancellationToken);
        await UntilSettledAsync(client, cancellationToken);

        var before = await chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken);
        var submitted = await loop.RunAsync(changes, cancellationToken);
        Apply(ledger, submitted);
        var last = submitted.Max(s => s.DueAt);
        var right = await check.UntilRightAsync(ledger.Flows, Patience, cancellationToken);
        var verified = await UntilSettledAsync(client, cancellationToken);
        var end = right?.Block ?? await chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken);
        var history = new OperatorHistory(chain.Anvil.Transport, chain.Accounts.Operator.Address);
        var answers = new Samples();
        foreach (var change in submitted)
            answers.Add(change.AcceptedAt - change.DueAt);
        return new ThroughputResult(
            submitted.Count(s => s.Refusal is null),
            answers,
            await new SentChanges(chain, pool).ReadAsync([.. submitted.Where(s => s.Refusal is null)], before, end, cancellationToken),
            await history.ReadAsync(before, end, cancellationToken),
            last - submitted.Min(s => s.DueAt),
            right?.At - last,
            right is null ? null : verified - last);
    }

    private static void Apply(FlowLedger ledger, IReadOnlyList<Submitted> submitted)
    {
        foreach (var change in submitted.Where(s => s.Refusal is null))
            ledger.Apply(change.Change);
    }

    /// <summary>Until the gateway says of no lease that it is on its way.</summary>
    private async Task<DateTimeOffset?> UntilSettledAsync(SchedulerClient client, CancellationToken cancellationToken)
    {
        var under = new ListLeasesRequest { PageSize = 1 };
        under.States.Add([LeaseState.Opening, LeaseState.Updating, LeaseState.Closing]);
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < Patience)
        {
            if ((await client.Leases.ListLeasesAsync(under, cancellationToken: cancellationToken)).Leases.Count == 0)
                return time.GetUtcNow();
            await Task.Delay(PollInterval, time, cancellationToken);
        }

        return null;
    }
}

using System.Threading.Channels;
using Gateway.Benchmarks.Chains;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Chain.Transport;
using Gateway.Client;
using Gateway.Testing.Gateways;
using Gateway.Testing.Proxy;

namespace Gateway.Benchmarks.Faults;

/// <param name="Wrong">Flows that are not where they should be, once the faults have ended and there was time enough.</param>
/// <param name="Right">From the end of the faults until every flow was right; null: never.</param>
/// <param name="Failed">Transactions that the chain executed and that failed.</param>
internal sealed record FaultResult(string Arm, FaultRates Rates, int Changes, int Transactions, FaultPlan Plan, Verdict Verdict, int Wrong, int Failed, TimeSpan? Right);

/// <summary>The same changes under the same faults, through the gateway and through an edge queue.</summary>
internal sealed class FaultArms(BenchWorld world, FaultRates rates, int seed, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>As often as there are blocks, so that there is something for faults to strike.</summary>
    private static readonly KeyValuePair<string, string> NoWaiting = KeyValuePair.Create("Gateway__Settlement__CoalescingWindow", "00:00:00");

    public async Task<FaultResult> GatewayAsync(IReadOnlyList<VmChange> changes, CancellationToken cancellationToken)
    {
        await using var proxy = await StartProxyAsync();
        var plan = new FaultPlan(proxy, rates);
        IReadOnlyList<KeyValuePair<string, string>> settings =
        [
            NoWaiting,
            KeyValuePair.Create("Gateway__Chain__Endpoints__0__Url", proxy.Url.ToString()),
            KeyValuePair.Create("Gateway__Chain__Endpoints__0__WebSocketUrl", proxy.SocketUrl.ToString()),
        ];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await world.StartGatewayAsync(cancellationToken, settings);
        var living = LiveAsync(first, settings, plan.Crashes, stop.Token);
        using var client = new SchedulerClient(world.Devnet.GrpcUrl);
        using var loop = new OpenLoop(client, world.Devnet.Chain.Accounts.Community.Address, time) { IsPatient = true };
        var before = await world.Devnet.Chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken);
        var submitted = await loop.RunAsync(changes, cancellationToken);
        var accepted = submitted.Where(s => s.Refusal is null).Select(s => s.Change).ToList();
        foreach (var refusal in submitted.Where(s => s.Refusal is not null).Select(s => s.Refusal))
            await Console.Error.WriteLineAsync($"Refused: {refusal}");
        proxy.Faults.Clear();
        var (wrong, right) = await JudgeAsync(accepted, cancellationToken);
        var end = await world.Devnet.Chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken);
        var verdict = await new History(world.Devnet.Chain).OfJournalsAsync(accepted, before, end, cancellationToken);
        var result = await ResultAsync("the gateway", accepted.Count, before, plan, verdict, wrong, right, cancellationToken);
        await stop.CancelAsync();
        await living;
        return result;
    }

    public async Task<FaultResult> EdgeQueueAsync(IReadOnlyList<VmChange> changes, CancellationToken cancellationToken)
    {
        await using var proxy = await StartProxyAsync();
        var plan = new FaultPlan(proxy, rates);
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: true);
        var queue = new EdgeQueue(world.Devnet.Chain, new HttpJsonRpcTransport(http, proxy.Url, new JsonRpcOptions()), time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var before = await world.Devnet.Chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken);
        var working = queue.RunAsync(plan.Crashes, stop.Token);
        var (ledger, start, jobs) = (NewLedger(), time.GetUtcNow(), 0);
        foreach (var change in changes)
        {
            if (start + change.Due - time.GetUtcNow() is var early && early > TimeSpan.Zero)
                await Task.Delay(early, time, cancellationToken);
            foreach (var move in ledger.Apply(change))
                queue.Enqueue(new EdgeJob(jobs++, move));
        }

        proxy.Faults.Clear();
        var (wrong, right) = await JudgeAsync(changes, cancellationToken, () => queue.IsEmpty);
        var end = await world.Devnet.Chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken);
        var verdict = await new History(world.Devnet.Chain).OfJobsAsync(before, end, cancellationToken);
        var result = await ResultAsync("edge queue", changes.Count, before, plan, verdict, wrong, right, cancellationToken);
        await stop.CancelAsync();
        await working;
        return result;
    }

    private Task<RpcProxy> StartProxyAsync() => RpcProxy.StartAsync(
        world.Devnet.Chain.Anvil.Url, world.Devnet.Chain.Anvil.WebSocketUrl, new ProxyOptions { Seed = seed });

    private FlowLedger NewLedger() => new(world.Devnet.Chain.Tokens.Aleph, world.Devnet.Chain.Accounts.Community.Address);

    /// <summary>The gateway's process, killed and started again at each crash.</summary>
    private async Task LiveAsync(ServerProcess first, IReadOnlyList<KeyValuePair<string, string>> settings, ChannelReader<bool> crashes, CancellationToken stop)
    {
        var server = first;
        try
        {
            await foreach (var _ in crashes.ReadAllAsync(stop))
            {
                await server.KillAsync();
                await server.DisposeAsync();
                server = await world.StartGatewayAsync(stop, settings);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run is over.
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private async Task<(int Wrong, TimeSpan? Right)> JudgeAsync(IReadOnlyList<VmChange> changes, CancellationToken cancellationToken, Func<bool>? isOver = null)
    {
        var ledger = NewLedger();
        foreach (var change in changes)
            ledger.Apply(change);
        var (since, check) = (time.GetUtcNow(), new FlowCheck(world.Devnet, time));
        // A queue that still works may pass through a right state on its way to a wrong one.
        while (isOver?.Invoke() == false && time.GetUtcNow() - since < Patience)
            await Task.Delay(BenchWorld.BlockTime, time, cancellationToken);
        var right = await check.UntilRightAsync(ledger.Flows, isOver is null ? Patience : BenchWorld.BlockTime * 3, cancellationToken);
        if (right is { } found)
            return (0, found.At - since);
        return (await check.WrongAtAsync(ledger.Flows, await world.Devnet.Chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken), null);
    }

    private async Task<FaultResult> ResultAsync(
        string arm, int changes, Gateway.Domain.Identity.BlockNumber before, FaultPlan plan, Verdict verdict, int wrong, TimeSpan? right, CancellationToken cancellationToken)
    {
        var chain = world.Devnet.Chain;
        var history = new OperatorHistory(chain.Anvil.Transport, chain.Accounts.Operator.Address);
        var mined = await history.ReadAsync(before, await chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken);
        return new FaultResult(arm, rates, changes, mined.Count, plan, verdict, wrong, mined.Count(t => !t.Succeeded), right);
    }
}

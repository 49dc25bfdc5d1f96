using Gateway.Testing.Proxy;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Chaos;

/// <summary>Thirteen ways in which a gateway becomes blind, one after the other, while paid VMs run: nobody is paused for them, and afterwards all is as it is wanted.</summary>
public sealed class FaultSoakTests
{
    private const int Blocks = 4;
    private const int MostBlocks = 120;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thirteen_kinds_of_blindness_pause_nobody_and_it_converges_after_each()
    {
        await using var world = await ChaosWorld.StartAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var scheduler = new ObedientScheduler(world);
        var scheduling = scheduler.RunAsync(over.Token);
        List<LeaseChurn> churns = [.. world.Devnet.Chain.Accounts.Payers.Select((payer, i) => new LeaseChurn(world, payer, 77 + i))];
        await ChurnAsync(world, churns);
        await ConvergeAsync(world, churns);

        foreach (var (name, blind) in Blindnesses(world))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(name);
            await blind(churns);
            See(world);
            await ConvergeAsync(world, churns);
        }

        Assert.Empty(scheduler.Told.Where(d => d.Execution == Execution.Pause).Select(d => $"{d.LeaseId}: {d.Reason}, {d.Evidence}"));
        // It could have: the eyes that were shut see.
        await world.CloseFlowAsync(churns[0].Payer);
        while (!scheduler.Told.Any(d => d.Execution == Execution.Pause && d.Reason == Reason.FlowClosedByPayer))
            await world.NextBlockAsync();
        await over.CancelAsync();
        await scheduling;
    }

    private static (string Name, Func<List<LeaseChurn>, Task> Run)[] Blindnesses(ChaosWorld world) =>
    [
        ("calls are never answered", c => FaultyAsync(world, c, FaultScript.Any, NodeFaults.Silence)),
        ("too many requests", c => FaultyAsync(world, c, FaultScript.Any, NodeFaults.TooManyRequests(TimeSpan.FromSeconds(1)))),
        ("a page in the place of an answer", c => FaultyAsync(world, c, FaultScript.Any, NodeFaults.BadGateway)),
        ("half an answer", c => FaultyAsync(world, c, FaultScript.Any, NodeFaults.Truncated)),
        ("no logs anywhere", c => FaultyAsync(world, c, "eth_getLogs", NodeLies.NoLogs)),
        ("half of the logs", c => FaultyAsync(world, c, "eth_getLogs", NodeLies.HalfOfLogs)),
        ("no state anywhere", c => FaultyAsync(world, c, "eth_call", NodeLies.Telling(static _ => "0x"))),
        ("one node has no state", c => FaultyAsync(world, c, () => world.Proxies[0].Faults.Always("eth_call", NodeLies.Telling(static _ => "0x")))),
        ("one node stands still", c => FreezeAsync(world, c)),
        ("both are behind, by different blocks", c => FaultyAsync(world, c, () => (world.Proxies[0].View.Behind, world.Proxies[1].View.Behind) = (5, 2))),
        ("the nodes contradict each other", c => FaultyAsync(world, c, () =>
        {
            world.Proxies[1].Faults.Always("eth_getBlockByNumber", NodeLies.Null);
            world.Proxies[1].Faults.Always("eth_getLogs", NodeLies.LogsOfNoBlock);
        })),
        ("every endpoint is dead for a minute", _ => DieAsync(world)),
        ("Redis stands still", _ => HoldRedisAsync(world)),
    ];

    private static async Task FreezeAsync(ChaosWorld world, List<LeaseChurn> churns)
    {
        var head = await world.Rpc.GetBlockNumberAsync(Cancellation);
        await FaultyAsync(world, churns, () => world.Proxies[0].View.Freeze(head.Value));
    }

    private static async Task DieAsync(ChaosWorld world)
    {
        Everywhere(world, FaultScript.Any, NodeFaults.Reset);
        for (var block = 0; block < 60; block++)
            await world.NextBlockAsync();
    }

    private static async Task HoldRedisAsync(ChaosWorld world)
    {
        world.RedisLink.Hold();
        for (var block = 0; block < 15; block++)
            await world.NextBlockAsync();
        world.RedisLink.Release();
    }

    private static Task FaultyAsync(ChaosWorld world, List<LeaseChurn> churns, string method, NodeFault fault) =>
        FaultyAsync(world, churns, () => Everywhere(world, method, fault));

    private static async Task FaultyAsync(ChaosWorld world, List<LeaseChurn> churns, Action begin)
    {
        begin();
        await ChurnAsync(world, churns);
    }

    private static async Task ChurnAsync(ChaosWorld world, List<LeaseChurn> churns)
    {
        for (var i = 0; i < Blocks; i++)
        {
            await Task.WhenAll(churns.Select(c => c.ActAsync()));
            await world.NextBlockAsync();
        }
    }

    private static void Everywhere(ChaosWorld world, string method, NodeFault fault)
    {
        foreach (var proxy in world.Proxies)
            proxy.Faults.Always(method, fault);
    }

    private static void See(ChaosWorld world)
    {
        foreach (var proxy in world.Proxies)
        {
            proxy.Faults.Clear();
            proxy.View.Freeze(null);
            proxy.View.Behind = 0;
        }
    }

    private static async Task ConvergeAsync(ChaosWorld world, List<LeaseChurn> churns)
    {
        for (var block = 0; block < MostBlocks; block++)
        {
            if ((await Task.WhenAll(churns.Select(c => c.IsSettledAsync()))).All(s => s))
                return;
            await world.NextBlockAsync();
        }

        Assert.Fail($"It does not converge:\n{string.Join('\n', await Task.WhenAll(churns.Select(c => c.DescribeAsync())))}");
    }
}

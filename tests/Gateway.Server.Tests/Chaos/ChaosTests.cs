using System.Numerics;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Testing;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Chaos;

/// <summary>Everything at once on the real contracts, while leases come, change and go. Afterwards every flow is where its leases want it, and each change was made once.</summary>
/// <remarks><c>GATEWAY_TEST_SEED=N</c> plays one order of acts and requests again.</remarks>
public sealed class ChaosTests
{
    /// <summary>Blocks that the end may take: half a minute of patience, breakers and back-offs, and room.</summary>
    private const int MostBlocks = 120;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_happens_to_the_chain_and_its_nodes_every_flow_ends_where_it_is_wanted_and_each_change_is_made_once()
    {
        var seed = TestSettings.Get("GATEWAY_TEST_SEED") is { } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : Environment.ProcessId;
        TestContext.Current.TestOutputHelper?.WriteLine($"GATEWAY_TEST_SEED={seed}");
        await using var world = await ChaosWorld.StartAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var scheduler = new ObedientScheduler(world);
        var scheduling = scheduler.RunAsync(over.Token);
        List<LeaseChurn> churns = [.. world.Devnet.Chain.Accounts.Payers.Select((payer, i) => new LeaseChurn(world, payer, seed + i))];
        var acts = new ChaosActs(
            world, () => Task.WhenAll(churns.Select(c => c.ActAsync())), () => ConvergeAsync(world, churns, seed)).All.ToArray();
        new Random(seed).Shuffle(acts);

        foreach (var (name, run) in acts)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(name);
            await run();
        }

        await ConvergeAsync(world, churns, seed);
        await AssertMadeOnceAsync(world, churns);
        await AssertLedgerAsync(world);
        // No payer has done anything, and each has money.
        Assert.DoesNotContain(scheduler.Told, d => d.Execution == Execution.Pause && d.Reason is not (Reason.GasAboveCeiling or Reason.SettlementStalled));
        await over.CancelAsync();
        await scheduling;
    }

    private static async Task ConvergeAsync(ChaosWorld world, List<LeaseChurn> churns, int seed)
    {
        for (var block = 0; block < MostBlocks; block++)
        {
            var settled = await Task.WhenAll(churns.Select(c => c.IsSettledAsync()));
            if (settled.All(s => s))
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{churns.Sum(c => c.Changes)} changes; settled {block} blocks after the last act");
                return;
            }

            await world.NextBlockAsync();
        }

        var settlement = await world.Client.Operations.GetSettlementAsync(new GetSettlementRequest(), cancellationToken: Cancellation);
        Assert.Fail($"GATEWAY_TEST_SEED={seed} does not converge: {settlement}\n{string.Join('\n', await Task.WhenAll(churns.Select(c => c.DescribeAsync())))}");
    }

    /// <summary>Each flow's rates on chain are some of those that were wanted, in that order: none twice, and never an old one after a newer one.</summary>
    private static async Task AssertMadeOnceAsync(ChaosWorld world, List<LeaseChurn> churns)
    {
        var contracts = world.Devnet.Chain.Contracts;
        var all = LogFilter.OfRange(default, await world.Rpc.GetBlockNumberAsync(Cancellation), [contracts.Cfa]);
        var updates = FlowEvents.Read(await world.Rpc.GetLogsAsync(all, Cancellation), contracts.Cfa).ToLookup(u => u.Flow.Payer);
        foreach (var churn in churns)
        {
            var made = updates[churn.Payer.Address].Select(u => u.Rate).ToList();
            var wanted = churn.Wanted.AsEnumerable();
            foreach (var rate in made)
            {
                var rest = wanted.SkipWhile(w => w != rate).ToList();
                Assert.True(rest.Count > 0, $"{churn.Payer}: {rate} was made out of turn: {string.Join(", ", made)} of {string.Join(", ", churn.Wanted)}");
                wanted = rest.Skip(1);
            }
        }
    }

    /// <summary>What the lane says it has spent is what its own transactions cost, and at most the worst case more of those whose end nobody could tell.</summary>
    private static async Task AssertLedgerAsync(ChaosWorld world)
    {
        var settlement = await world.Client.Operations.GetSettlementAsync(new GetSettlementRequest(), cancellationToken: Cancellation);
        var told = BigInteger.Parse(settlement.Lanes[0].GasSpentToday, System.Globalization.CultureInfo.InvariantCulture);
        var sent = world.Proxies.SelectMany(p => p.Pool.Received).Where(t => t.Sender == world.Devnet.Chain.Accounts.Operator.Address).DistinctBy(t => t.Hash).ToList();
        var (paid, worst) = (BigInteger.Zero, BigInteger.Zero);
        foreach (var slot in sent.GroupBy(t => t.Nonce))
        {
            worst += slot.Max(t => t.FeeCap * t.GasLimit);
            foreach (var transaction in slot)
            {
                if (await world.Rpc.GetReceiptAsync(transaction.Hash, Cancellation) is { } receipt)
                    paid += receipt.EffectiveGasPrice.Value * receipt.GasUsed;
            }
        }

        Assert.InRange(told, paid, worst);
    }
}

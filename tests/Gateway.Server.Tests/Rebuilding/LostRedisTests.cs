using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Rebuilding;

/// <summary>FLUSHALL under load, with the whole gateway running on the real contracts (chain-and-transactions.md §5). One host for each: what is lost is everybody's.</summary>
public sealed class LostRedisTests(HostedGateway gateway) : IClassFixture<HostedGateway>
{
    private const int LeasesPerPayer = 4;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Regression(26)]
    public async Task After_a_flush_under_load_every_flow_is_what_its_leases_want_and_nothing_doubles()
    {
        DevAccount[] payers = [await gateway.NewPayerAsync(), await gateway.NewPayerAsync()];
        List<OpenLeaseRequest> requests = [.. payers.SelectMany(p => Enumerable.Range(0, LeasesPerPayer).Select(i => Request(p, i)))];
        foreach (var request in requests)
            await gateway.Leases.OpenLeaseAsync(request);
        // Of one account nobody opens anything again.
        var silent = await gateway.NewPayerAsync();
        var silentRequest = Request(silent, 0);
        await gateway.Leases.OpenLeaseAsync(silentRequest);
        var from = await gateway.World.Chain.Anvil.Rpc.GetBlockNumberAsync(Cancellation);

        var busy = await gateway.NewPayerAsync();
        List<OpenLeaseRequest> underWay = [.. Enumerable.Range(0, 8).Select(i => Request(busy, i))];
        var load = Task.WhenAll(underWay.Select(OpenUntilAcceptedAsync));
        await gateway.LoseRedisAsync();
        await load;
        // What the scheduler has, it asks for again: those under way at the time too.
        List<OpenLeaseRequest> all = [.. requests, .. underWay];
        var open = await Task.WhenAll(all.Select(OpenUntilAcceptedAsync));

        Assert.All(open, l => Assert.Equal((LeaseState.Active, l.VmId), (l.State, "vm-" + l.LeaseId)));
        await RequireExactFlowsAsync([.. payers, busy, silent], [.. all, silentRequest]);
        await NeverAboveAsync(from, [.. all, silentRequest]);
        await RequireVisibleAsync(silentRequest);
        var lane = Assert.Single((await gateway.Operations.GetSettlementAsync()).Lanes);
        Assert.DoesNotContain(lane.Troubles, t => t.Kind == "StoreRegressed");

        // It is a lease like any other: it can be closed without ever having been opened again.
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(silentRequest.LeaseId));
        await RequireExactFlowsAsync([silent], []);
    }

    /// <summary>Restored, paid, and to be seen as what it is.</summary>
    private async Task RequireVisibleAsync(OpenLeaseRequest request)
    {
        var report = await gateway.Operations.RebuildAsync(new RebuildRequest { DryRun = true });
        var told = Assert.Single(report.Leases);
        Assert.Equal((request.LeaseId, request.Price.FlowRate, false), (told.LeaseId, told.FlowRate, told.RestoredNow));
        Assert.DoesNotContain(report.Unexplained, f => f.Orphan);
        var history = await gateway.Operations.ExplainLeaseAsync(new GetLeaseRequest { LeaseId = request.LeaseId });
        Assert.Contains(history.Entries, e => e.Kind == "decision" && e.Summary.StartsWith("restored from the journal", StringComparison.Ordinal));
        // It shows that it is paid, and nothing was ordered.
        Assert.Equal((LeaseState.Active, Execution.Run), (history.Lease.State, history.Lease.Execution));
        var waiting = await gateway.DirectivesThereAsync();
        Assert.DoesNotContain(waiting, d => d.LeaseId == request.LeaseId);
    }

    /// <summary>As a scheduler does that was told to come again.</summary>
    private async Task<Lease> OpenUntilAcceptedAsync(OpenLeaseRequest request)
    {
        while (true)
        {
            try
            {
                return await gateway.Leases.OpenLeaseAsync(request);
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.NotFound or StatusCode.Aborted)
            {
                // What it waited for was flushed from under it, or is being read from the chain.
            }
        }
    }

    private OpenLeaseRequest Request(DevAccount payer, int number) =>
        Ask.OpenAndWait(gateway, payer.Address, Ask.NewId($"a-name-as-long-as-those-that-schedulers-give-to-their-leases-{number}"), $"{1_000_000_000_003L + number}");

    private async Task RequireExactFlowsAsync(DevAccount[] payers, List<OpenLeaseRequest> requests)
    {
        foreach (var payer in payers)
        {
            foreach (var payee in new[] { gateway.Node, gateway.Community })
                Assert.Equal(Wanted(Eip55.Format(payer.Address), Eip55.Format(payee), requests), await gateway.FlowAsync(payer.Address, payee));
        }
    }

    /// <summary>Nor was there a moment at which somebody paid more.</summary>
    private async Task NeverAboveAsync(Domain.Identity.BlockNumber from, List<OpenLeaseRequest> requests)
    {
        var rpc = gateway.World.Chain.Anvil.Rpc;
        var logs = await rpc.GetLogsAsync(
            Gateway.Chain.Rpc.LogFilter.OfRange(from, await rpc.GetBlockNumberAsync(Cancellation), [gateway.World.Chain.Contracts.Cfa], [FlowEvents.FlowUpdatedTopic]),
            Cancellation);
        Assert.All(logs.Select(FlowEvents.ReadRate), u => Assert.True(
            u.Rate <= Wanted(Eip55.Format(u.Flow.Payer), Eip55.Format(u.Flow.Payee), requests), $"{u.Flow} was at {u.Rate}"));
    }

    private static FlowRate Wanted(string payer, string payee, List<OpenLeaseRequest> requests) => requests.Where(r => r.Payer == payer).Aggregate(
        FlowRate.Zero,
        (sum, r) =>
        {
            var total = FlowRate.Parse(r.Price.FlowRate);
            var community = FlowRate.FromWeiPerSecond(total.WeiPerSecond * 200_000 / 1_000_000);
            return sum + (r.Payees[1].Address == payee ? community : total - community);
        });
}

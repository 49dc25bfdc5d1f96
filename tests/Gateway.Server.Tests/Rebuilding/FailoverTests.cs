using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Gateway.Testing.Redis;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Rebuilding;

/// <summary>A replica that was cut off and is promoted all the same: everything acknowledged since is lost, and settled on chain (chain-and-transactions.md §5).</summary>
public sealed class FailoverTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Regression(25)]
    public async Task A_black_holed_replica_that_is_promoted_costs_no_flow_and_doubles_none()
    {
        Assert.SkipUnless(ProcessRedis.Executable is not null, "There is no redis-server on this machine to fail over from.");
        var redis = await FailoverRedis.StartAsync(Cancellation);
        await using var gateway = new HostedGateway { Redis = redis };
        gateway.MayLose();
        await gateway.InitializeAsync();
        var (one, two) = (await gateway.NewPayerAsync(), await gateway.NewPayerAsync());
        string[] ids = ["kept", "closed-since", "opened-since", "others-since", "under-way"];
        await OpenAsync(ids[0], one.Address, 1_000_000_000);
        await OpenAsync(ids[1], one.Address, 2_000_000_000);

        await redis.CutReplicationAsync(Cancellation);
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(ids[1]));
        await OpenAsync(ids[2], one.Address, 3_000_000_000);
        await OpenAsync(ids[3], two.Address, 4_000_000_000);
        // Acknowledged, and perhaps not even marked in the lane.
        await gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, two.Address, ids[4], "5000000000"));
        await redis.FailOverAsync(Cancellation);

        // The scheduler asks again for what it has, and again for the end of what it has not.
        await UntilAcceptedAsync(() => OpenAsync(ids[2], one.Address, 3_000_000_000));
        await UntilAcceptedAsync(() => OpenAsync(ids[3], two.Address, 4_000_000_000));
        await UntilAcceptedAsync(() => OpenAsync(ids[4], two.Address, 5_000_000_000));
        await UntilAcceptedAsync(() => gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(ids[1])));
        var kept = await UntilAcceptedAsync(() => OpenAsync(ids[0], one.Address, 1_000_000_000));

        Assert.Equal(LeaseState.Active, kept.State);
        Assert.Equal((Rate(3_200_000_000), Rate(800_000_000)), await FlowsAsync(one.Address));
        Assert.Equal((Rate(7_200_000_000), Rate(1_800_000_000)), await FlowsAsync(two.Address));
        Assert.Empty((await gateway.Operations.RebuildAsync(new RebuildRequest { DryRun = true })).Leases);
        Assert.Empty((await gateway.Operations.ReconcileAsync(new ReconcileRequest { DryRun = true })).Divergences);

        Task<Lease> OpenAsync(string id, Address payer, long rate) =>
            gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer, id, Rate(rate).ToDecimal()));

        async Task<(FlowRate Node, FlowRate Community)> FlowsAsync(Address payer) =>
            (await gateway.FlowAsync(payer, gateway.Node), await gateway.FlowAsync(payer, gateway.Community));
    }

    private static FlowRate Rate(long weiPerSecond) => FlowRate.FromWeiPerSecond(weiPerSecond);

    /// <summary>As a scheduler does that was told to come again.</summary>
    private static async Task<Lease> UntilAcceptedAsync(Func<Task<Lease>> call)
    {
        while (true)
        {
            try
            {
                var lease = await call();
                if (lease.State is LeaseState.Active or LeaseState.Closed)
                    return lease;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.NotFound or StatusCode.Aborted)
            {
                // The servers change, or what was lost is being read from the chain.
            }
        }
    }
}
